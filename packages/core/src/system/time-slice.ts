import { setImmediate as nextImmediate } from 'node:timers/promises';

/** Milliseconds of work between two breaths of the event loop. */
const SLICE_MS = 2;

/** Lets everything else run that waits for its turn. */
export async function nextTurn(): Promise<void> {
  await nextImmediate();
}

/** Keeps long synchronous work from holding the event loop. */
export class TimeSlice {
  readonly #nowMs: () => number;
  #end: number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#end = nowMs() + SLICE_MS;
  }

  /** True where it is time to `breathe`. */
  get isOver(): boolean {
    return this.#nowMs() >= this.#end;
  }

  /** Lets everything else run that waits for its turn, then starts the next slice. */
  async breathe(): Promise<void> {
    await nextTurn();
    this.#end = this.#nowMs() + SLICE_MS;
  }
}
