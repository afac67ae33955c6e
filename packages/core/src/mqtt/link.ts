import type { VallumError } from '../words/errors.js';
import type { OutgoingMessage, PublishCaveat, TransportMessage } from '../transport/transport.js';
import type { CertificateFacts } from './certificate-facts.js';
import type { Reached } from './explanation.js';
import type { LinkOptions } from './link-options.js';
import type { SubscriptionLink } from './subscriptions.js';

export interface LinkEnd {
  readonly connackCode?: number;
  readonly disconnectCode?: number;
  readonly error?: unknown;
  readonly reached: Reached;
  readonly accepted: boolean;
  readonly shown?: () => readonly CertificateFacts[];
}

/** A message, and what the link waits for behind it. */
export interface Delivery {
  readonly message: TransportMessage;
  /** False once the connection that it came over has ended. */
  readonly isCurrent: boolean;
  /** At 0 the broker waits for no confirmation. */
  readonly qos: 0 | 1 | 2;
  /** Lets the next message come. Called at most once, as `acknowledge`. */
  proceed(): void;
  /** Confirms this one to the broker, where its quality of service asks for that. */
  acknowledge(): void;
}

export interface Acceptance {
  readonly sessionPresent: boolean;
  readonly brokerAddresses: string[];
  /** How long the broker keeps the session, where it says so: not as long as it was asked for. */
  readonly sessionExpirySeconds: number | undefined;
}

export interface LinkHandlers {
  /** Before any message. */
  accepted(acceptance: Acceptance): void;
  readonly message: (delivery: Delivery) => void;
  /** A message of so many bytes was thrown away, and confirmed so that it does not come again. */
  refusedGiant(topic: string, bytes: number): void;
  /** Once, last. */
  ended(end: LinkEnd): void;
}

/** What has come of a message: `error` where the broker refused it. */
export type Answered = (error?: VallumError, caveat?: PublishCaveat) => void;

/** One connection to the broker, from the first byte to the last. */
export interface Link extends SubscriptionLink {
  /** Accepted by the broker, and not ended yet. */
  readonly isCurrent: boolean;
  /** How often something was heard of the broker: one look at the socket after another. */
  readonly heard: number;
  /** Unconfirmed messages the broker takes at a time. */
  readonly receiveMaximum: number;
  /** Calls back when the message is confirmed or refused; not at all where the connection ends. */
  publish(message: OutgoingMessage, done: Answered): void;
  /** Says DISCONNECT, so that no last will fires; a broker that does not react is left after 1 s. */
  close(): Promise<void>;
}

/** @throws whatever Node says of an unusable certificate or key */
export type OpenLink = (options: LinkOptions, handlers: LinkHandlers) => Link;

export const GOODBYE_MS = 1_000;
