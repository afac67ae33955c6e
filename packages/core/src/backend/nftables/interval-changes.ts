import type { Change } from '../backend.js';
import type { PlacedMember } from './cut-prefixes.js';
import { intervalOf, type Position } from './position.js';

/**
 * Changes of one interval set, named by their place. In columns: there may be hundreds of thousands,
 * they are worked through in the order of their addresses, and following pointers from object to
 * object all over the memory would take longer than all the rest.
 */
export class IntervalChanges {
  readonly list: Change[] = [];
  /** Where their reports go. */
  readonly #indices: number[] = [];
  /** 0: it is deleted. */
  readonly #endsAtMs: number[] = [];
  readonly #firsts: Position[] = [];
  readonly #lasts: Position[] = [];

  get length(): number {
    return this.list.length;
  }

  /**
   * @param index where its report goes
   * @param endsAtMs Unix milliseconds that an added prefix is to end; Infinity: for ever
   */
  push(change: Change, index: number, endsAtMs: number): void {
    const { first, last } = intervalOf(change.address);
    this.list.push(change);
    this.#indices.push(index);
    this.#endsAtMs.push(change.op === 'add' ? endsAtMs : 0);
    this.#firsts.push(first);
    this.#lasts.push(last);
  }

  // Each has its own way into its column: shared ones are several times slower.

  /** @throws RangeError where there is no such place */
  at(place: number): Change {
    const change = this.list[place];
    if (change === undefined) throw new RangeError(`no change has place ${place}`);
    return change;
  }

  index(place: number): number {
    return this.#indices[place] ?? 0;
  }

  first(place: number): Position {
    return this.#firsts[place] ?? 0;
  }

  last(place: number): Position {
    return this.#lasts[place] ?? 0;
  }

  isDeleted(place: number): boolean {
    return this.#endsAtMs[place] === 0;
  }

  /** What an addition makes of its prefix. */
  member(place: number): PlacedMember {
    return {
      address: this.at(place).address,
      endsAtMs: this.#endsAtMs[place] ?? 0,
      first: this.first(place),
      last: this.last(place),
    };
  }
}
