import type { ConnectionState, OutgoingMessage, PublishCaveat, Transport } from '@vallum/core';
import { withRemedy } from '@vallum/options';
import type { Interruption } from './interruption.js';
import { Losses } from './losses.js';
import { asVallumError } from './vallum-error.js';

export interface SendOptions {
  /** Longest time without a confirmation while one is due, in milliseconds. */
  readonly waitMs: number;
  /** Messages under way at a time; above 20 Mosquitto drops connections at QoS 2. Default 8. */
  readonly window?: number;
  /** Longest time without any connection, in milliseconds. Default: `waitMs`. */
  readonly connectWithinMs?: number;
  /** Aborted where the user wants it to end. */
  readonly signal?: Interruption;
  /** The connection could not be made, or was lost; it is tried again until the time is over. */
  readonly onTrouble?: (detail: string) => void;
  readonly onConnected?: (protocolVersion: 4 | 5) => void;
  /** Told of every state of the connection, also after the sending. Default: of its own. */
  readonly losses?: Losses;
}

export type StopCause =
  /** There was no connection at any time: nothing was sent. */
  | 'unreachable'
  /** There was one, but confirmations stayed out. */
  | 'unconfirmed'
  /** The same, and each time the connection ended while something was under way: it may be for that. */
  | 'cut-off'
  /** The broker refused the connection. */
  | 'refused'
  /** The broker took the connection, and refused a message. */
  | 'message-refused'
  | 'protocol'
  | 'interrupted';

interface Stop {
  readonly cause: StopCause;
  /** What the transport said last, safe to print; may be empty. */
  readonly detail: string;
  /** Of `unreachable`: it was tried for `connectWithinMs` only. */
  readonly isBrief?: boolean;
  /** Of `cut-off`: how often. */
  readonly cuts?: number;
}

export type SendOutcome<Message> =
  | { readonly kind: 'confirmed' }
  | (Stop & {
      readonly kind: 'stopped';
      /** Handed to the transport and not confirmed, in order; what comes behind was not sent. */
      readonly unconfirmed: readonly Message[];
    });

/** A broker that is stopped ends one connection; it takes no other then. */
const FEWEST_CUTS = 2;

/**
 * Sends messages as they come, a few at a time, until the broker has confirmed the last one or
 * something ends it. What the broker does is an outcome; only the input's own errors are thrown.
 * The transport is left open.
 */
export async function send<Message extends OutgoingMessage>(
  transport: Transport,
  messages: AsyncIterable<Message>,
  options: SendOptions,
  onSent: (message: Message, caveat: PublishCaveat | undefined) => void = () => undefined,
): Promise<SendOutcome<Message>> {
  const { waitMs, window = 8, signal, onTrouble, onConnected, losses = new Losses() } = options;
  const underWay = new Map<Message, Promise<void>>();
  const stop = oneStop();
  const connectWithinMs = Math.min(waitMs, options.connectWithinMs ?? waitMs);
  let everConnected = false;
  let cuts = 0;
  let trouble = '';
  let timer: NodeJS.Timeout | undefined;

  const timeIsUp = () => {
    if (!everConnected) stop.give({ cause: 'unreachable', detail: trouble });
    else if (cuts < FEWEST_CUTS) stop.give({ cause: 'unconfirmed', detail: trouble });
    else stop.give({ cause: 'cut-off', detail: trouble, cuts });
  };
  let briefTimer: NodeJS.Timeout | undefined;
  // The time runs only while an answer is due: somebody may be typing the list.
  const restartTimer = () => {
    clearTimeout(timer);
    timer = underWay.size > 0 || !everConnected ? setTimeout(timeIsUp, waitMs) : undefined;
  };
  const interrupt = () => {
    stop.give({ cause: 'interrupted', detail: '' });
  };
  const onConnection = (state: ConnectionState) => {
    losses.note(state);
    if (state.state === 'connected') {
      everConnected = true;
      clearTimeout(briefTimer);
      trouble = '';
      onConnected?.(state.protocolVersion);
      if (underWay.size === 0) clearTimeout(timer);
    } else if (state.state === 'refused') {
      stop.give({ cause: 'refused', detail: withRemedy(state.detail, state.code) });
    } else {
      trouble = withRemedy(state.detail, state.code);
      onTrouble?.(trouble);
    }
  };
  const publish = async (message: Message): Promise<void> => {
    let caveat: PublishCaveat | undefined;
    try {
      await transport.publish(message, { caveat: (told) => (caveat = told) });
    } catch (error) {
      stop.give(stopFor(error));
      return;
    }
    underWay.delete(message);
    cuts = 0;
    restartTimer();
    onSent(message, caveat);
  };

  const deafen = losses.listen(() => {
    if (underWay.size > 0) cuts += 1;
  });
  const iterator = messages[Symbol.asyncIterator]();
  try {
    signal?.addEventListener('abort', interrupt);
    if (signal?.aborted === true) interrupt();
    let opened = false;
    while (stop.given() === undefined) {
      const next = await Promise.race([iterator.next(), stop.promise]);
      if ('cause' in next || next.done === true) break;
      // Not before there is something to send: the list may be empty, or slow to come.
      if (!opened) transport.open({ message: () => Promise.resolve(), connection: onConnection });
      if (!opened && connectWithinMs < waitMs) {
        briefTimer = setTimeout(() => {
          stop.give({ cause: 'unreachable', detail: trouble, isBrief: true });
        }, connectWithinMs);
      }
      opened = true;
      underWay.set(next.value, publish(next.value));
      if (underWay.size === 1) restartTimer();
      while (underWay.size >= window && stop.given() === undefined) {
        await Promise.race([...underWay.values(), stop.promise]);
      }
    }
    while (underWay.size > 0 && stop.given() === undefined) {
      await Promise.race([...underWay.values(), stop.promise]);
    }
  } finally {
    clearTimeout(timer);
    clearTimeout(briefTimer);
    deafen();
    signal?.removeEventListener('abort', interrupt);
    // Not awaited: the input may be a terminal where nobody types.
    void iterator.return?.().catch(() => undefined);
  }
  const given = stop.given();
  return given === undefined
    ? { kind: 'confirmed' }
    : { kind: 'stopped', ...given, unconfirmed: [...underWay.keys()] };
}

function stopFor(error: unknown): Stop {
  const detail = error instanceof Error ? error.message : String(error);
  switch (asVallumError(error)?.code) {
    case 'BROKER_REFUSED':
      return { cause: 'message-refused', detail };
    case 'BROKER_UNREACHABLE':
    case 'CLOSED':
      return { cause: 'unconfirmed', detail };
    default:
      return { cause: 'protocol', detail };
  }
}

/** The first reason to stop wins. */
function oneStop() {
  let given: Stop | undefined;
  let resolve: (stop: Stop) => void = () => undefined;
  const promise = new Promise<Stop>((settle) => {
    resolve = settle;
  });
  return {
    promise,
    given: () => given,
    give(stop: Stop) {
      given ??= stop;
      resolve(given);
    },
  };
}
