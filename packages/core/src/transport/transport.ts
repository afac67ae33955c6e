import type { ConnectionFault } from '../words/connection-fault.js';

/** A message as the broker delivers it. */
export interface TransportMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** True where the broker had kept it: state from before we subscribed. */
  readonly retained: boolean;
  /**
   * How long the broker goes on keeping it, in seconds, where its publisher gave an `expirySeconds` (MQTT 5):
   * what it gave, less the time that the broker has had it.
   */
  readonly expiresInSeconds?: number;
}

/** A message to be published. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  /** Default 1. */
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  /** Seconds the broker keeps it for those who are away (MQTT 5). */
  readonly expirySeconds?: number;
}

/** How a transport stands to the broker. */
export type ConnectionState =
  | {
      readonly state: 'connected';
      readonly sessionPresent: boolean;
      readonly protocolVersion: 4 | 5;
      /** The peer, and what else the broker's name resolved to: addresses never to be banned. */
      readonly brokerAddresses: readonly string[];
    }
  | ConnectionFailure<'disconnected'>
  /** The broker answered and said no; retrying goes on, but somebody should look. */
  | ConnectionFailure<'refused'>;

/** Why there is no connection, and when the next attempt is made. */
export interface ConnectionFailure<State extends string> {
  readonly state: State;
  /** What happened, in a sentence that is safe to print. */
  readonly detail: string;
  /** The same for programs, where the transport can tell. */
  readonly code?: ConnectionFault;
  readonly retryInMs?: number;
}

/**
 * What a handler says of messages that came together: by the index of the message, what has to happen
 * before it is acknowledged. Those without, as all of an empty list, are acknowledged at once.
 */
export type Acknowledgements = readonly (Promise<void> | undefined)[];

/** What a transport calls back, given to `Transport.open`. */
export interface TransportHandlers {
  /**
   * Called for one message after another. The message is acknowledged when the promise resolves:
   * a crash before that makes the broker send it again. It must not reject: the message would be
   * reported by `warning` and acknowledged, since it would come again for ever.
   */
  message(message: TransportMessage): Promise<void>;
  /**
   * Where it is given, a transport may call it in place of `message` with what arrived together, in
   * order. All of it is acknowledged when the promise resolves, but for what it resolves with: a
   * message with a promise of its own is acknowledged once that resolves, and holds up nothing that
   * comes behind it. Brokers send only so many messages ahead of their acknowledgements, though.
   */
  messages?(messages: readonly TransportMessage[]): Promise<Acknowledgements>;
  /**
   * Called before each attempt at a connection with every address of the broker, so that none of
   * them is banned while it is dialled. The attempt waits for the promise, 5 s at most; where it
   * rejects, a warning says so and the attempt is made all the same.
   */
  dialling?(brokerAddresses: readonly string[]): Promise<void>;
  /** Called at each change: connected, lost, refused; also for each attempt that failed. */
  connection(state: ConnectionState): void;
  /** A topic filter that the broker granted, or refused, or did not answer, with the reason. */
  subscription?(filter: string, outcome: 'granted' | { readonly refused: string }): void;
  /** A sentence for the log about something that is neither of these. */
  warning?(text: string): void;
}

/**
 * One topic filter, and how it is meant. MQTT 3.1.1 knows no more than the quality of service:
 * there the rest is left out without a word, as for a filter that is given as text.
 */
export interface Subscription {
  readonly filter: string;
  /** The highest at which messages are delivered. Default 1. */
  readonly qos?: 0 | 1;
  /** Leave out what this client itself has published. Default false. */
  readonly noLocal?: boolean;
  /**
   * Retained messages: 0 (default) brings them at each subscription, so at each connection; 1 only
   * where the session did not hold the filter yet; 2 never.
   */
  readonly retainHandling?: 0 | 1 | 2;
}

/** What a publisher should know beside that its message is out. */
export type PublishCaveat =
  /**
   * The broker says that it has nobody to give the message to, now or later (MQTT 5, reason 16). That
   * it does not say so proves nothing: MQTT 3.1.1 knows no such answer, and Mosquitto gives it at QoS 1
   * only.
   */
  | 'unheard'
  /** It went out at QoS 0, as it was asked for or as the broker wants it: nobody confirms that. */
  | 'unconfirmed';

/** What `Transport.publish` takes beside the message. */
export interface PublishOptions {
  /** Gives the message up: what has not been sent yet is not sent. */
  readonly signal?: AbortSignal;
  /** Called before the promise resolves, where that means less than it seems to. */
  readonly caveat?: (caveat: PublishCaveat) => void;
}

/** What waits for a connection or for its confirmation, at most. */
export interface OutboxLimits {
  /** Default 10,000. */
  readonly mostMessages?: number;
  /** Of topics and payloads. Default 64 MiB. */
  readonly mostBytes?: number;
}

/** How much waits somewhere. */
export interface QueueLength {
  readonly messages: number;
  /** Of their topics and payloads, or payloads alone. */
  readonly bytes: number;
}

/**
 * Carries messages between nodes. `@vallum/core/mqtt` is the one that ships; a test or another
 * program may bring its own, and prove it by `transportContract` of `@vallum/core/testing`.
 */
export interface Transport {
  /**
   * Starts connecting, for ever, in the background. Handlers are attached before the first byte.
   *
   * @throws VallumError `CLOSED` after `close`, `INVALID_ARGUMENT` the second time
   */
  open(handlers: TransportHandlers): void;

  /**
   * Replaces the set of topic filters, now or for the next connection; of one that is given twice
   * the last counts.
   *
   * @throws VallumError `INVALID_ARGUMENT` for a filter that no broker can take
   */
  subscribe(filters: readonly (string | Subscription)[]): void;

  /**
   * Sends one message and resolves once the broker has confirmed it (QoS 0: once it is written).
   * Waits for a connection as long as it takes, also before `open`; `signal` and `close` end the
   * waiting. A message that is given up while it is on its way may still arrive.
   *
   * @throws VallumError `INVALID_ARGUMENT` (topic), `OUTBOX_FULL` (at once), `ABORTED` (by the
   *   signal), `BROKER_REFUSED`, `BROKER_UNREACHABLE` (`close` came first) or `CLOSED`
   */
  publish(message: OutgoingMessage, options?: PublishOptions): Promise<void>;

  /** What waits for a connection or for its confirmation, where the transport can tell. */
  readonly outbox?: QueueLength;

  /**
   * Lets the message handler finish (5 s at most), then disconnects cleanly, so that no last will
   * fires. What is not published by then is rejected with the reason: await `publish` first.
   */
  close(): Promise<void>;
}
