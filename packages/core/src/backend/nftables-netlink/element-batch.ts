import { wordsPerAddress } from '../../address/address-columns.js';
import { ADD, ADD_NEW, DELETE, NO_TIMEOUT } from '../backend.js';
import { at } from '../nftables/at.js';
import {
  align,
  NLA_HDRLEN,
  NLA_MAX_LENGTH,
  readAttributeLength,
  type Acknowledgement,
  type NetlinkConnection,
} from '../../netlink/index.js';
import { BATCH_END_LENGTH } from './write-batch.js';
import type { Transaction } from './nft-session.js';
import type { ElementChanges } from '../nftables/set-driver.js';
import type { TableAddress } from '../nftables/table-address.js';
import {
  endElements,
  startElements,
  writeElement,
  type ElementOp,
  type OpenList,
} from './write-elements.js';

/** A message of the batch, and the entries in it: from `from` up to, not including, `to`. */
interface BatchMessage extends OpenList {
  readonly sequence: number;
  readonly from: number;
  readonly to: number;
}

/** What a kernel's error means for the entries of its message. */
export interface BatchFailure {
  /** The row that was refused; undefined: one of the message's, and the kernel does not say which. */
  readonly failed: number | undefined;
  /** Rows of the message that were not looked at. */
  readonly untried: readonly number[];
  readonly acknowledgement: Acknowledgement;
}

/** How an element that is there already gets a new end. See `renewal.ts`. */
export type Renewal = 'update' | 'replace';

/** What all batches of a connection share. */
export interface BatchContext {
  readonly connection: NetlinkConnection;
  readonly table: TableAddress;
  readonly renewal: Renewal;
}

// A header with the longest names of table and set, and the batch's end.
const MESSAGE_LENGTH = 512;

/**
 * Writes changes of hash sets into a batch, as many in a message as fit, and finds back to which
 * change an error belongs: the kernel says where in its message the refused element starts.
 */
export class ElementBatch {
  /** How many of the rows are in it. */
  readonly written: number;
  readonly transaction: Transaction;
  readonly #context: BatchContext;
  readonly #messages: BatchMessage[] = [];
  readonly #elements: ElementChanges;
  readonly #rows: ArrayLike<number>;
  readonly #start: number;

  /**
   * Writes changes until all are written, there are so many, or the buffer is full.
   *
   * @param transaction that has been begun
   * @param rows to write, from `start` on
   * @param alone rows that get a message of their own
   */
  constructor(
    context: BatchContext,
    transaction: Transaction,
    elements: ElementChanges,
    rows: ArrayLike<number>,
    start: number,
    limit: number,
    alone: ReadonlySet<number> | 'all',
  ) {
    this.transaction = transaction;
    this.#context = context;
    this.#elements = elements;
    this.#rows = rows;
    this.#start = start;
    this.written = this.#write(start, Math.min(rows.length, start + limit), alone) - start;
  }

  /** What is in it. */
  rows(): number[] {
    const rows: number[] = [];
    for (let place = this.#start; place < this.#start + this.written; place++) {
      rows.push(at(this.#rows, place));
    }
    return rows;
  }

  /** Finds the row that an error is about. Only until another transaction takes the buffer. */
  locate(acknowledgement: Acknowledgement): BatchFailure | undefined {
    const { sequence, offset } = acknowledgement;
    const message = this.#messages.find((candidate) => candidate.sequence === sequence);
    if (message === undefined) return undefined;
    const { from, to, start, nest } = message;
    const rest = (entry: number): number[] =>
      Array.from({ length: to - entry }, (_, index) => at(this.#rows, entry + index));
    if (to - from === 1) {
      return { failed: at(this.#rows, from), untried: [], acknowledgement };
    }
    const bytes = this.transaction.writer.bytes();
    let element = nest + NLA_HDRLEN;
    for (let entry = from; offset !== undefined && entry < to; entry++) {
      if (element === start + offset) {
        return { failed: at(this.#rows, entry), untried: rest(entry + 1), acknowledgement };
      }
      element += align(readAttributeLength(bytes, element));
    }
    // Kernels before 6.0 do not say which.
    return { failed: undefined, untried: rest(from), acknowledgement };
  }

  /** @returns behind the last row that was written */
  #write(start: number, bound: number, alone: ReadonlySet<number> | 'all'): number {
    const { columns, set } = this.#elements;
    const { writer } = this.transaction;
    let next = start;
    while (next < bound) {
      const op = columns.ops[at(this.#rows, next)];
      const replaces =
        this.#context.renewal === 'replace' && op === ADD && set.defaultTimeoutMs !== undefined;
      const end = this.#runEnd(next, bound, alone, replaces);
      const messages = replaces ? 3 : 1;
      const need = messages * ((end - next) * MAX_SINGLE_LENGTH + MESSAGE_LENGTH);
      if (next > start && writer.room < need + BATCH_END_LENGTH) return next;
      if (replaces) {
        // In one transaction: there for sure, so that it can go; gone; there with its new end.
        this.#message('add', next, end);
        this.#message('del', next, end);
      }
      this.#message(op === DELETE ? 'del' : op === ADD_NEW ? 'new' : 'add', next, end);
      next = end;
    }
    return next;
  }

  /** Behind the last row that can share a message with the one at `start`. */
  #runEnd(
    start: number,
    limit: number,
    alone: ReadonlySet<number> | 'all',
    replaces: boolean,
  ): number {
    const { ops } = this.#elements.columns;
    const first = at(this.#rows, start);
    if (alone === 'all' || alone.has(first)) return start + 1;
    const seen = replaces ? new Set([this.#keyOf(first)]) : undefined;
    const bound = Math.min(limit, start + MAX_RUN);
    let end = start + 1;
    for (; end < bound; end++) {
      const row = at(this.#rows, end);
      if (ops[row] !== ops[first]) break;
      if (alone.size > 0 && alone.has(row)) break;
      // What is replaced twice has to be there again before it goes the second time.
      if (seen !== undefined) {
        const key = this.#keyOf(row);
        if (seen.has(key)) break;
        seen.add(key);
      }
    }
    return end;
  }

  #keyOf(row: number): number | string {
    const { words } = this.#elements.columns;
    const perAddress = wordsPerAddress(this.#elements.columns.family);
    if (perAddress === 1) return words[row] ?? 0;
    return words.subarray(perAddress * row, perAddress * (row + 1)).join();
  }

  #message(op: ElementOp, from: number, to: number): void {
    const { columns, set } = this.#elements;
    const { words, timeoutSeconds, family } = columns;
    const { writer } = this.transaction;
    const { name, defaultTimeoutMs } = set;
    const { connection, table } = this.#context;
    const sequence = connection.nextSequence();
    const list = startElements(writer, table, op, name, sequence);
    const timed = op !== 'del' && defaultTimeoutMs !== undefined;
    const perAddress = wordsPerAddress(family);
    for (let entry = from; entry < to; entry++) {
      const row = at(this.#rows, entry);
      const seconds = timeoutSeconds[row] ?? NO_TIMEOUT;
      const timeoutMs = seconds === NO_TIMEOUT ? defaultTimeoutMs : seconds * 1000;
      writeElement(writer, words, perAddress * row, perAddress, timed ? timeoutMs : undefined);
    }
    endElements(writer, list);
    const { start, nest } = list;
    // Named one by one: the spread alone takes longer than to write a message of one element.
    this.#messages.push({ start, nest, sequence, from, to });
  }
}

/** 16 bytes of key and both times: 52 bytes with their headers. */
const MAX_SINGLE_LENGTH = 52;
const MAX_RUN = Math.floor((NLA_MAX_LENGTH - NLA_HDRLEN) / MAX_SINGLE_LENGTH);
