import type { SetInfo } from '../backend/backend.js';
import { VallumError } from '../words/errors.js';
import { messageOf } from '../words/message-of.js';
import type { EnforceContext } from './enforce-context.js';
import { lookThrough } from './look-through.js';
import type { SetCare } from './set-care.js';
import type { Upkeep } from './upkeep.js';

/** A comparison takes one part in this many of the time at most. */
const SHARE_OF_TIME = 30;
const SHORTEST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 240_000;
/** And where the kernel tells that somebody changes the set, one part in this many. */
const SHARE_OF_TIME_AT_ODDS = 10;

/** Compares the members of one kernel set with its plan, when that is due. */
export class Comparison {
  // Of the time that nobody sets: a clock set back by hours must not put off a comparison for as long.
  #lookAtMs = -Infinity;
  #notBeforeMs = -Infinity;
  /** How often one was asked for: again while one is under way, which may have listed the set before. */
  #timesAsked = 0;
  #trouble: string | undefined;

  constructor(
    private readonly upkeep: Upkeep,
    private readonly context: EnforceContext,
    private readonly care: SetCare,
  ) {}

  /** It is due at once. */
  hasten(): void {
    this.upkeep.suspect = true;
    this.#notBeforeMs = -Infinity;
    this.#timesAsked += 1;
  }

  /** Why the last one could not be made; undefined: it could, or none was tried yet. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** How long the next one has to wait, so that it does not take all the time. */
  get restMs(): number {
    return Math.max(0, this.#notBeforeMs - this.context.clock.monotonicMs());
  }

  /** @returns how many bans it has found as they should be */
  async runWhereDue(info: SetInfo): Promise<number> {
    const { upkeep, context } = this;
    const nowMs = context.clock.monotonicMs();
    if (nowMs < (upkeep.suspect ? this.#notBeforeMs : this.#lookAtMs)) return 0;
    upkeep.suspect = false;
    const asked = this.#timesAsked;
    const startedMs = performance.now();
    const about = `${upkeep.set}/${upkeep.family}`;
    try {
      const { inStep } = await lookThrough(upkeep, context, info);
      const tookMs = performance.now() - startedMs;
      this.#lookAtMs =
        nowMs + Math.min(Math.max(SHARE_OF_TIME * tookMs, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
      if (this.#timesAsked === asked) {
        this.#notBeforeMs = context.clock.monotonicMs() + SHARE_OF_TIME_AT_ODDS * tookMs;
      }
      this.care.forgive(about);
      this.#trouble = undefined;
      return inStep;
    } catch (error) {
      this.#trouble = messageOf(error);
      if (!(error instanceof VallumError)) throw error;
      upkeep.suspect = true;
      this.care.warnOnce(about, `cannot compare set ${info.set}: ${error.message}`);
      return 0;
    }
  }
}
