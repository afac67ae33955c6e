/** A lease that was heard of an address, whatever has become of it. */
export interface HeardLease {
  readonly origin: string;
  /** When it was asked for, Unix milliseconds. */
  readonly stampMs: number;
  /** Unix seconds, or Infinity. */
  readonly until: number;
  /** When the same origin asked for something else; Infinity: not since. */
  readonly nextStampMs: number;
}
