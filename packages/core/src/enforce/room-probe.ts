import type { Clock } from '../system/clock.js';
import type { Upkeep } from './upkeep.js';

/** While bans wait for room: how often it is tried whether some came free behind our back. */
const PROBE_MS = 1_000;

/**
 * Bans wait for room in a full set, and some may come free behind our back: the kernel drops what is
 * over, people delete. A second later one is let in, and twice as many each time that all went well.
 */
export class RoomProbe {
  #cancel: (() => void) | undefined;
  /** How many were let in last to see whether there is room; 0: it is not being tried. */
  #probed = 0;
  #stopped = false;

  /** @param due is called when it is time to `try` */
  constructor(
    private readonly upkeep: Upkeep,
    private readonly clock: Clock,
    private readonly due: () => void,
  ) {}

  /** Sees to it that it is tried soon, where bans wait. */
  arm(): void {
    if (this.#cancel !== undefined || this.#stopped) return;
    if (this.upkeep.waiting.length === 0) return;
    this.#cancel = this.clock.after(PROBE_MS, () => {
      this.#cancel = undefined;
      if (!this.#stopped) this.due();
    });
  }

  try(): void {
    if (this.upkeep.queue.length === 0) this.#letIn(1);
  }

  /** Changes were made: so many entries were deleted, and the set was found full or not. */
  learn(deleted: number, isFull: boolean): void {
    if (isFull) this.#probed = 0;
    if (deleted > 0 && !isFull) this.upkeep.waiting.admit(deleted);
    else if (this.#probed > 0 && this.upkeep.queue.length === 0) this.#letIn(2 * this.#probed);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #letIn(count: number): void {
    this.upkeep.waiting.admit(count);
    this.#probed = this.upkeep.queue.length > 0 ? count : 0;
  }
}
