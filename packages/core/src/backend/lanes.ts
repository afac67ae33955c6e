import type { SetName } from '../words/names.js';
import { inTurn } from './in-turn.js';

type Turn = ReturnType<typeof inTurn>;

/** Work on one set runs in the order of the calls; work on different sets side by side. */
export class Lanes {
  readonly #lanes = new Map<SetName, { readonly turn: Turn; waiting: number }>();

  /** What finds nothing before it starts in the same turn of the event loop. */
  async run<Value>(set: SetName, work: () => Promise<Value>): Promise<Value> {
    let lane = this.#lanes.get(set);
    if (lane === undefined) {
      lane = { turn: inTurn(), waiting: 0 };
      this.#lanes.set(set, lane);
    }
    lane.waiting++;
    try {
      return await lane.turn(work);
    } finally {
      lane.waiting--;
      if (lane.waiting === 0) this.#lanes.delete(set);
    }
  }

  /** Runs behind all that has been asked for. */
  async close(work: () => Promise<void>): Promise<void> {
    const ends = [...this.#lanes.keys()].map((set) => this.run(set, () => Promise.resolve()));
    await Promise.all(ends);
    await work();
  }
}
