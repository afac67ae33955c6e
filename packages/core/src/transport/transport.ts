/** A message as the broker delivers it. */
export interface TransportMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** True where the broker had kept it: state from before we subscribed. */
  readonly retained: boolean;
}

export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  /** Default 1. */
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  /** Seconds the broker keeps it for those who are away (MQTT 5). */
  readonly expirySeconds?: number;
}

export type ConnectionState =
  | {
      readonly state: 'connected';
      readonly sessionPresent: boolean;
      readonly protocolVersion: 4 | 5;
      /** The peer, and what else the broker's name resolved to: addresses never to be banned. */
      readonly brokerAddresses: readonly string[];
    }
  | { readonly state: 'disconnected'; readonly detail: string; readonly retryInMs?: number }
  /** The broker answered and said no; retrying goes on, but somebody should look. */
  | { readonly state: 'refused'; readonly detail: string; readonly retryInMs?: number };

export interface TransportHandlers {
  /**
   * Called for one message after another. The message is acknowledged when the promise resolves:
   * a crash before that makes the broker send it again. It must not reject: the message would be
   * reported by `warning` and acknowledged, since it would come again for ever.
   */
  message(message: TransportMessage): Promise<void>;
  /**
   * Where it is given, a transport may call it in place of `message` with what arrived together, in
   * order. All of it is acknowledged when the promise resolves.
   */
  messages?(messages: readonly TransportMessage[]): Promise<void>;
  connection(state: ConnectionState): void;
  /** A topic filter that the broker granted, or refused with its reason. */
  subscription?(filter: string, outcome: 'granted' | { readonly refused: string }): void;
  /** A sentence for the log about something that is neither of these. */
  warning?(text: string): void;
}

/**
 * Carries messages between nodes. `@vallum/core/mqtt` is the one that ships; a test or another
 * program may bring its own.
 */
export interface Transport {
  /** Starts connecting, for ever, in the background. Handlers are attached before the first byte. */
  open(handlers: TransportHandlers): void;

  /** Replaces the set of topic filters; each is subscribed at QoS 1, now or on the next connection. */
  subscribe(filters: readonly string[]): void;

  /**
   * Sends one message and resolves once the broker has confirmed it (QoS 0: once it is written).
   * Waits for a connection as long as it takes; `close` ends the waiting.
   *
   * @throws VallumError `BROKER_REFUSED`, `BROKER_UNREACHABLE` or `CLOSED`
   */
  publish(message: OutgoingMessage): Promise<void>;

  /**
   * Lets the message handler finish (5 s at most), then disconnects cleanly, so that no last will
   * fires. What is not published by then is rejected with the reason: await `publish` first.
   */
  close(): Promise<void>;
}
