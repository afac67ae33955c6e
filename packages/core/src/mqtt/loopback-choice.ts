import type { LinkEnd } from './link.js';

const ADDRESSES = ['127.0.0.1', '::1'] as const;

/**
 * `localhost` is this host, as IPv4 or IPv6 (RFC 6761 section 6.3). Asking the resolver would start
 * its threads, and Node looks whether a name is an IPv6 address with a regular expression that takes
 * 5 ms to compile: a sixth of the life of a process that publishes one ban.
 */
export class LoopbackChoice {
  readonly #applies: boolean;
  #current: 0 | 1 = 0;
  #firstFailure: LinkEnd | undefined;

  constructor(host: string) {
    this.#applies = host.toLowerCase() === 'localhost';
  }

  /** Where to connect to; undefined where the host is another. */
  get address(): string | undefined {
    return this.#applies ? ADDRESSES[this.#current] : undefined;
  }

  /** Both addresses; undefined where the host is another. */
  get addresses(): readonly string[] | undefined {
    return this.#applies ? ADDRESSES : undefined;
  }

  /**
   * Draws the lesson of a connection that ended, or was never made.
   *
   * @returns the end to report, of two failures the first; or that the other address is worth a try
   */
  learn(end: LinkEnd): LinkEnd | 'try the other' {
    const before = this.#firstFailure;
    this.#firstFailure = undefined;
    if (!this.#applies || end.reached !== 'nothing') return end;
    this.#current = this.#current === 0 ? 1 : 0;
    if (before !== undefined) return before;
    this.#firstFailure = end;
    return 'try the other';
  }
}
