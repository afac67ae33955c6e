import { at } from './at.js';
import type { Change } from '../backend.js';
import { intervalOf, type Position } from './position.js';

/**
 * Changes of one interval set, named by their place. In columns: there may be hundreds of thousands,
 * they are worked through in the order of their addresses, and following pointers from object to
 * object all over the memory would take longer than all the rest.
 */
export class IntervalChanges {
  readonly changes: Change[] = [];
  /** Where their reports go. */
  readonly indices: number[] = [];
  /** Unix milliseconds that an added prefix is to end; Infinity: for ever; 0: it is deleted. */
  readonly endsAtMs: number[] = [];
  readonly firsts: Position[] = [];
  readonly lasts: Position[] = [];

  get length(): number {
    return this.changes.length;
  }

  /** @param endsAtMs Unix milliseconds that an added prefix is to end; Infinity: for ever */
  push(change: Change, index: number, endsAtMs: number): void {
    const { first, last } = intervalOf(change.address);
    this.changes.push(change);
    this.indices.push(index);
    this.endsAtMs.push(change.op === 'add' ? endsAtMs : 0);
    this.firsts.push(first);
    this.lasts.push(last);
  }

  isDeleted(place: number): boolean {
    return at(this.endsAtMs, place) === 0;
  }
}
