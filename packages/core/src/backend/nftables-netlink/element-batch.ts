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
import type { ElementTemplate } from './element-template.js';
import { endElements, startElements, type OpenList } from './write-elements.js';

/** A message of the batch, and the entries in it: from `from` up to, not including, `to`. */
interface BatchMessage extends OpenList {
  readonly sequence: number;
  readonly from: number;
  readonly to: number;
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

/** What all batches of a connection share. */
export interface BatchContext {
  readonly connection: NetlinkConnection;
  readonly table: TableAddress;
  readonly renewal: Renewal;
  readonly template: ElementTemplate;
}

// A header with the longest names of table and set, and the batch's end.
const MESSAGE_LENGTH = 512;

/**
 * Writes changes of hash sets into a batch, as many in a message as fit, and finds back to which
 * change an error belongs: the kernel says where in its message the refused element starts.
 */
export class ElementBatch {
  /** How many of the places are in it. */
  readonly written: number;
  readonly transaction: Transaction;
  readonly #context: BatchContext;
  readonly #messages: BatchMessage[] = [];
  readonly #elements: ElementChanges;
  readonly #places: ArrayLike<number>;

  /**
   * Writes changes until all are written, there are so many, or the buffer is full.
   *
   * @param transaction that has been begun
   * @param places of the changes to write, from `start` on
   * @param alone places of changes that get a message of their own
   */
  constructor(
    context: BatchContext,
    transaction: Transaction,
    elements: ElementChanges,
    places: ArrayLike<number>,
    start: number,
    limit: number,
    alone: ReadonlySet<number>,
  ) {
    this.transaction = transaction;
    this.#context = context;
    this.#elements = elements;
    this.#places = places;
    this.written = this.#write(start, Math.min(places.length, start + limit), alone) - start;
  }

  /** Finds the entry that an error is about. Only until another transaction takes the buffer. */
  locate(acknowledgement: Acknowledgement): BatchFailure | undefined {
    const { sequence, offset } = acknowledgement;
    const message = this.#messages.find((candidate) => candidate.sequence === sequence);
    if (message === undefined) return undefined;
    const { from, to, start, nest } = message;
    const rest = (entry: number): number[] =>
      Array.from({ length: to - entry }, (_, index) => at(this.#places, entry + index));
    if (to - from === 1) {
      return { failed: at(this.#places, from), untried: [], acknowledgement };
    }
    const bytes = this.transaction.writer.bytes();
    let element = nest + NLA_HDRLEN;
    for (let entry = from; offset !== undefined && entry < to; entry++) {
      if (element === start + offset) {
        return { failed: at(this.#places, entry), untried: rest(entry + 1), acknowledgement };
      }
      element += align(readAttributeLength(bytes, element));
    }
    // Kernels before 6.0 do not say which.
    return { failed: undefined, untried: rest(from), acknowledgement };
  }

  /** @returns behind the last place that was written */
  #write(start: number, bound: number, alone: ReadonlySet<number>): number {
    const { changes, sets } = this.#elements;
    const { writer } = this.transaction;
    let next = start;
    while (next < bound) {
      const place = at(this.#places, next);
      const { op } = at(changes, place);
      const replaces =
        this.#context.renewal === 'replace' &&
        op === 'add' &&
        at(sets, place).defaultTimeoutMs !== undefined;
      const end = this.#runEnd(next, bound, alone, replaces);
      const messages = replaces ? 3 : 1;
      const need = messages * ((end - next) * MAX_SINGLE_LENGTH + MESSAGE_LENGTH);
      if (next > start && writer.room < need + BATCH_END_LENGTH) return next;
      if (replaces) {
        // In one transaction: there for sure, so that it can go; gone; there with its new end.
        this.#message('add', next, end);
        this.#message('del', next, end);
      }
      this.#message(op, next, end);
      next = end;
    }
    return next;
  }

  /** Behind the last change that can share a message with the one at `start`. */
  #runEnd(start: number, limit: number, alone: ReadonlySet<number>, replaces: boolean): number {
    const { changes, sets } = this.#elements;
    const place = at(this.#places, start);
    if (alone.has(place)) return start + 1;
    const { op, address } = at(changes, place);
    const set = at(sets, place);
    const seen = replaces ? new Set<string>([address.text]) : undefined;
    const bound = Math.min(limit, start + MAX_RUN);
    let end = start + 1;
    for (; end < bound; end++) {
      const next = at(this.#places, end);
      const change = at(changes, next);
      if (change.op !== op || at(sets, next).name !== set.name) break;
      if (alone.size > 0 && alone.has(next)) break;
      // What is replaced twice has to be there again before it goes the second time.
      if (seen !== undefined) {
        if (seen.has(change.address.text)) break;
        seen.add(change.address.text);
      }
    }
    return end;
  }

  #message(op: 'add' | 'del', from: number, to: number): void {
    const { changes, sets } = this.#elements;
    const { writer } = this.transaction;
    const { name, defaultTimeoutMs } = at(sets, at(this.#places, from));
    const { connection, table, template } = this.#context;
    const sequence = connection.nextSequence();
    const list = startElements(writer, table, op, name, sequence);
    const timed = op === 'add' && defaultTimeoutMs !== undefined;
    for (let entry = from; entry < to; entry++) {
      const change = at(changes, at(this.#places, entry));
      const timeoutMs =
        !timed || change.op === 'del'
          ? undefined
          : change.timeoutSeconds === undefined
            ? defaultTimeoutMs
            : change.timeoutSeconds * 1000;
      template.write(writer, change.address.bytes, timeoutMs);
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
