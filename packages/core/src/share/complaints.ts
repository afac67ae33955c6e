import type { Clock } from '../system/clock.js';
import { escapeForDisplay } from '../words/escape.js';

const EVERY_MS = 600_000;

/** Says what is wrong with what others send: each kind at once, then at most every ten minutes. */
export class Complaints {
  readonly #clock: Clock;
  readonly #warn: (sentence: string) => void;
  readonly #said = new Map<string, { atMs: number; since: number }>();

  constructor(clock: Clock, warn: (sentence: string) => void) {
    this.#clock = clock;
    this.#warn = warn;
  }

  /** @param kind one of a few names: the sentence may hold what others have chosen */
  say(kind: string, sentence: string): void {
    const nowMs = this.#clock.nowMs();
    const said = this.#said.get(kind);
    // A clock that was set back is no reason for silence.
    if (said !== undefined && Math.abs(nowMs - said.atMs) < EVERY_MS) {
      said.since += 1;
      return;
    }
    const more = said === undefined || said.since === 0 ? '' : ` (and ${said.since} times since)`;
    this.#said.set(kind, { atMs: nowMs, since: 0 });
    this.#warn(sentence + more);
  }

  /** The same of what one node sends. */
  sayOf(peer: string, kind: string, what: string): void {
    this.say(kind, `node ${escapeForDisplay(peer)} sends ${what}`);
  }
}
