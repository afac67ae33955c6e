import type { Address } from '../address/address.js';
import type { Origin, SetName } from '../words/names.js';

/**
 * When a ban ends: absolute Unix seconds, `never`, or `default`: whatever timeout the set itself
 * gives to an entry that names none (the ancestor's meaning of a bare address).
 */
export type Until = number | 'never' | 'default';

/** A ban of one address in one set. */
export interface BanCommand {
  readonly action: 'ban';
  readonly set: SetName;
  readonly address: Address;
  readonly until: Until;
  readonly origin?: Origin;
  /** When it was asked for: Unix milliseconds. Without: when a node reads it. */
  readonly stamp?: number;
  /** Free text for people, printable, at most `MAX_REASON_LENGTH` characters. */
  readonly reason?: string;
}

/** The end of bans of one address in one set. */
export interface UnbanCommand {
  readonly action: 'unban';
  readonly set: SetName;
  readonly address: Address;
  /** With an origin only that origin's lease ends; without, every lease that is not younger does. */
  readonly origin?: Origin;
  readonly stamp?: number;
}

/** One entry of a message, decoded: what to do to which address in which set. */
export type Command = BanCommand | UnbanCommand;

/** A command and where in its message it stood. */
export interface PlacedCommand {
  readonly command: Command;
  /** `line 3` or `entry 2` where the message had several entries. */
  readonly place?: string;
}

/** Why a message, or an entry of it, was not taken. */
export type RejectionReason =
  | 'unknown-topic'
  | 'unknown-action'
  | 'payload-too-large'
  | 'too-many-entries'
  | 'empty-payload'
  | 'not-utf8'
  | 'not-json'
  | 'bad-entry'
  | 'bad-address'
  | 'bad-time'
  | 'bad-origin'
  | 'bad-reason'
  | 'expired';

/** A part of a message that was not understood, or that is over. The rest of the message counts. */
export interface Rejection {
  readonly code: RejectionReason;
  /** Where in the message: `topic`, `payload`, `line 3`, `entry 2`. */
  readonly place: string;
  /** The offending input, escaped for display and cut to 80 characters. */
  readonly input: string;
  /** What is wrong and what to do, safe to print. */
  readonly detail: string;
}

/** What `decode` made of a message. */
export interface Decoded {
  readonly commands: readonly PlacedCommand[];
  /** At most `MAX_REJECTIONS`. */
  readonly rejections: readonly Rejection[];
  /** How many there were beyond them, by code; not there where there were none. */
  readonly rejectedMore?: ReadonlyMap<RejectionReason, number>;
}
