import { at } from './at.js';
import {
  NLA_HDRLEN,
  NLA_MAX_LENGTH,
  type Acknowledgement,
  type MessageWriter,
  type NetlinkConnection,
} from '../../netlink/index.js';
import { BATCH_END_LENGTH } from './write-batch.js';
import type { ElementChange } from './set-driver.js';
import type { TableAddress } from './table-address.js';
import { endElements, startElements, writeElement, type OpenList } from './write-elements.js';

/** A message of the batch, and the entries in it: indices of `entries`. */
interface BatchMessage extends OpenList {
  readonly sequence: number;
  readonly from: number;
  to: number;
}

/** What a kernel's error means for the entries of its message. */
export interface BatchFailure {
  /** Of the entry that was refused; undefined: one of the message's, and the kernel does not say which. */
  readonly failed: number | undefined;
  /** Entries of the message that were not looked at, as places. */
  readonly untried: readonly number[];
  readonly acknowledgement: Acknowledgement;
}

/** How an element that is there already gets a new end. See `renewal.ts`. */
export type Renewal = 'update' | 'replace';

// A header with the longest names of table and set, and the batch's end.
const MESSAGE_LENGTH = 512;

/**
 * Writes changes of hash sets into a batch, as many in a message as fit, and finds back to which
 * change an error belongs: the kernel says where in its message the refused element starts.
 */
export class ElementBatch {
  readonly #writer: MessageWriter;
  readonly #connection: NetlinkConnection;
  readonly #table: TableAddress;
  readonly #renewal: Renewal;
  readonly #messages: BatchMessage[] = [];
  /** Of each entry: which change, and where it starts in the batch. */
  readonly #places: number[] = [];
  readonly #offsets: number[] = [];

  constructor(
    writer: MessageWriter,
    connection: NetlinkConnection,
    table: TableAddress,
    renewal: Renewal,
  ) {
    this.#writer = writer;
    this.#connection = connection;
    this.#table = table;
    this.#renewal = renewal;
  }

  /**
   * Writes changes until all are written or the buffer is full.
   *
   * @param places of the changes to write
   * @param alone places of changes that get a message of their own
   * @returns how many places were written
   */
  write(
    changes: readonly ElementChange[],
    places: readonly number[],
    alone: ReadonlySet<number>,
  ): number {
    let next = 0;
    while (next < places.length) {
      const end = this.#runEnd(changes, places, alone, next);
      const { set, change } = at(changes, at(places, next));
      const replaces =
        this.#renewal === 'replace' && change.op === 'add' && set.defaultTimeoutMs !== undefined;
      const messages = replaces ? 3 : 1;
      const need = messages * ((end - next) * MAX_SINGLE_LENGTH + MESSAGE_LENGTH);
      if (next > 0 && this.#writer.room < need + BATCH_END_LENGTH) return next;
      if (replaces) {
        // In one transaction: there for sure, so that it can go; gone; there with its new end.
        this.#message('add', changes, places, next, end);
        this.#message('del', changes, places, next, end);
      }
      this.#message(change.op, changes, places, next, end);
      next = end;
    }
    return next;
  }

  /** Finds the entry that an error is about. */
  locate(acknowledgement: Acknowledgement): BatchFailure | undefined {
    const { sequence, offset } = acknowledgement;
    const message = this.#messages.find((candidate) => candidate.sequence === sequence);
    if (message === undefined) return undefined;
    const { from, to, start } = message;
    const rest = (entry: number): number[] => this.#places.slice(entry, to);
    if (to - from === 1) {
      return { failed: this.#places[from], untried: [], acknowledgement };
    }
    for (let entry = from; offset !== undefined && entry < to; entry++) {
      if (this.#offsets[entry] === start + offset) {
        return { failed: this.#places[entry], untried: rest(entry + 1), acknowledgement };
      }
    }
    // Kernels before 6.0 do not say which.
    return { failed: undefined, untried: rest(from), acknowledgement };
  }

  /** Behind the last change that can share a message with the one at `start`. */
  #runEnd(
    changes: readonly ElementChange[],
    places: readonly number[],
    alone: ReadonlySet<number>,
    start: number,
  ): number {
    const place = at(places, start);
    if (alone.has(place)) return start + 1;
    const first = at(changes, place);
    const seen = this.#renewal === 'replace' ? new Set([first.change.address.text]) : undefined;
    const bound = Math.min(places.length, start + MAX_RUN);
    let end = start + 1;
    for (; end < bound; end++) {
      const next = at(places, end);
      const { change, set } = at(changes, next);
      if (change.op !== first.change.op || set.name !== first.set.name || alone.has(next)) break;
      // What is replaced twice has to be there again before it goes the second time.
      if (seen !== undefined) {
        if (seen.has(change.address.text)) break;
        seen.add(change.address.text);
      }
    }
    return end;
  }

  #message(
    op: 'add' | 'del',
    changes: readonly ElementChange[],
    places: readonly number[],
    from: number,
    to: number,
  ): void {
    const { set } = at(changes, at(places, from));
    const sequence = this.#connection.nextSequence();
    const writer = this.#writer;
    const list = startElements(writer, this.#table, op, set.name, sequence);
    const firstEntry = this.#places.length;
    for (let index = from; index < to; index++) {
      const place = at(places, index);
      const { change } = at(changes, place);
      this.#places.push(place);
      this.#offsets.push(writer.length);
      const timeoutMs =
        op === 'del' || change.op === 'del' || set.defaultTimeoutMs === undefined
          ? undefined
          : change.timeoutSeconds === undefined
            ? set.defaultTimeoutMs
            : change.timeoutSeconds * 1000;
      writeElement(writer, change.address.bytes, timeoutMs);
    }
    endElements(writer, list);
    this.#messages.push({ ...list, sequence, from: firstEntry, to: this.#places.length });
  }
}

/** 16 bytes of key and both times: 52 bytes with their headers. */
const MAX_SINGLE_LENGTH = 52;
const MAX_RUN = Math.floor((NLA_MAX_LENGTH - NLA_HDRLEN) / MAX_SINGLE_LENGTH);
