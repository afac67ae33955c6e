import type { VallumError } from '../words/errors.js';
import type { OutgoingMessage, TransportMessage } from '../transport/transport.js';
import type { Reached } from './explain-failure.js';
import type { LinkOptions } from './link-options.js';
import type { SubscriptionLink } from './subscriptions.js';

export interface LinkEnd {
  readonly connackCode?: number;
  readonly disconnectCode?: number;
  readonly error?: unknown;
  readonly reached: Reached;
  readonly accepted: boolean;
}

/** A message, and what the link waits for behind it. */
export interface Delivery {
  readonly message: TransportMessage;
  /** False once the connection that it came over has ended. */
  readonly isCurrent: boolean;
  /** Lets the next message come. Called at most once, as `acknowledge`. */
  proceed(): void;
  /** Confirms this one to the broker, where its quality of service asks for that. */
  acknowledge(): void;
}

export interface LinkHandlers {
  /** Before any message. */
  accepted(sessionPresent: boolean, brokerAddresses: string[]): void;
  message(delivery: Delivery): void;
  /** Once, last. */
  ended(end: LinkEnd): void;
}

/** One connection to the broker, from the first byte to the last. */
export interface Link extends SubscriptionLink {
  /** Accepted by the broker, and not ended yet. */
  readonly isCurrent: boolean;
  /** Unconfirmed messages the broker takes at a time. */
  readonly receiveMaximum: number;
  /** Calls back when the message is confirmed or refused; not at all where the connection ends. */
  publish(message: OutgoingMessage, done: (error?: VallumError) => void): void;
  /** Says DISCONNECT, so that no last will fires; a broker that does not react is left after 1 s. */
  close(): Promise<void>;
}

/** @throws whatever Node says of an unusable certificate or key */
export type OpenLink = (options: LinkOptions, handlers: LinkHandlers) => Link;

export const GOODBYE_MS = 1_000;
