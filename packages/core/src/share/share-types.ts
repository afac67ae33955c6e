import type { RegisterColumns } from '../lease/register-columns.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Binding } from '../message/topic.js';
import type { SteadyClock } from '../system/clock.js';
import type { Subscription } from '../transport/transport.js';
import type { SetName } from '../words/names.js';
import type { TrickleTimes } from './trickle.js';

export interface ShareOptions {
  /** This node's name: a level of a topic, another one than every other node's. */
  readonly node: string;
  readonly ledger: Ledger;
  /** Whose ledgers are compared. Two nodes that bind a topic must bind the same topics to its set. */
  readonly topics: readonly Binding[];
  /**
   * A prefix of `topics` that is compared before the others, for some seconds after each connection: what it
   * holds says what may be made of theirs.
   */
  readonly first?: string;
  readonly clock: SteadyClock;
  /** 0 to 1, exclusive: `Math.random`, or seeded. */
  readonly random: () => number;
  /** Publishes at QoS 0; what is lost is asked for again. Must not throw. */
  readonly send: (topic: string, payload: string) => void;
  /**
   * Takes what another node knows: into the ledger, the journal and the plan, as if it had been published.
   * Checked completely, stamps cut, some 1,300 registers at a time. No more of it comes before it resolves.
   */
  readonly accept: (set: SetName, columns: RegisterColumns) => void | Promise<void>;
  /** A sentence for the log about something that should not be. Rate limited by kind. */
  readonly warn: (sentence: string) => void;
  /**
   * What this node sends on a topic does not come back to it, or does again: the broker's rules do not
   * let it write or read there.
   */
  readonly echo?: (topic: string, isHeard: boolean) => void;
  /** Another node has said something: its name. For each beacon and each message of a comparison. */
  readonly heard?: (node: string) => void;
  /** Another node says that it has this one's name. For each of its beacons. */
  readonly twin?: () => void;
  /** A sentence for the log about something that is as it should be. */
  readonly inform?: (sentence: string) => void;
  /** When `touched` was last called, in any life of this ledger; undefined: never. Unix seconds. */
  readonly lastTouchUnix?: number;
  /** To be kept beside the ledger: when this node was last among others. About once a minute. */
  readonly touched?: (nowUnix: number) => void;
  /** As the ledger's: 30 days by default. */
  readonly rememberSeconds?: number;
  readonly trickle?: TrickleTimes;
}

/** What one topic prefix is at. */
export interface ShareStatus {
  readonly topic: string;
  readonly set: SetName;
  /** 16 hexadecimal digits: equal on two nodes exactly when their leases are. */
  readonly digest: string;
  /**
   * Whether the broker lets this node write and read what nodes say to each other, as far as what it
   * sends comes back to it; undefined: not known yet.
   */
  readonly heard: boolean | undefined;
  /** When another node was last heard or found to have the same digest; undefined: never. */
  readonly agreedAtUnix: number | undefined;
  /** Nodes whose digest is not ours, as far as they were heard in the last minutes. */
  readonly differing: number;
  /** The node that is being compared with. */
  readonly pulling: string | undefined;
  /** Registers in all pulls since the start. */
  readonly taken: number;
  readonly given: number;
}

export interface Share {
  /** What to subscribe to beside `T/#`, which covers `T/sync`: this node's inbox. */
  readonly subscriptions: readonly Subscription[];
  /** Whether nodes speak to each other on a topic. */
  concerns(topic: string): boolean;
  /**
   * A message as it was delivered. Never throws; does a bounded amount of work.
   * @returns true where it was a beacon or repair message, which nobody else is to read
   */
  receive(topic: string, payload: Uint8Array): boolean;
  /** The broker has taken the subscriptions. */
  connected(): void;
  disconnected(): void;
  /** Says at once what this node holds, so that whoever holds something else answers. */
  announce(): void;
  /** The wall clock was set: what was noted by it says nothing any more, and comparing starts anew. */
  clockStepped(): void;
  /** The ledger has taken something: entries of a message, or of `ban`. Cheap. */
  changed(set: SetName): void;
  status(): ShareStatus[];
  /** `ShareStatus.heard` of one topic prefix; undefined also where it is none of `topics`. */
  isHeard(topic: string): boolean | undefined;
  /**
   * How many milliseconds what this node sends to itself last took through the broker and back, or is late by now;
   * undefined: not known, as without a connection.
   */
  readonly lagMs: number | undefined;
  /** Whether it takes and does not give, having been away for longer than withdrawals are remembered. */
  readonly returning: boolean;
  close(): void;
}
