import type { RegisterColumns } from '../lease/register-columns.js';
import type { Digest } from '../ledger/digest.js';
import type { Ledger } from '../ledger/ledger.js';
import { BAN, NEVER } from '../message/entry-columns.js';
import { BUCKETS } from '../lease/item-hash.js';
import { endOf } from '../lease/register.js';
import type { SetName } from '../words/names.js';
import type { Clock } from '../system/clock.js';
import {
  bitmapBytes,
  bucketBytes,
  BYTES_OF_BUCKETS,
  differing,
  groupBytes,
} from './digest-text.js';
import { encodePieces, type Piece } from './encode-piece.js';
import { bucketAt, Fingerprints, readFingerprints } from './fingerprint.js';
import { MOST_IN_CHUNK, bucketFlags, type OutgoingSync, type SyncMessage } from './sync-message.js';
import { registersIn, saltOf } from './registers-in.js';

/** Pieces that may be on their way. */
export const WINDOW = 16;
/** How long the other side may be silent. */
const PATIENCE_MS = 30_000;
/** Above this, who asks lacks much: then it gets first what matters first. */
const MANY_BUCKETS = 256;
const YOUNG_MS = [3_600_000, 86_400_000];

export interface AnswerContext {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly send: (body: OutgoingSync) => void;
  readonly accept: (columns: RegisterColumns, then: () => void) => void;
  /** All answers together send so many pieces a second: when the next may be made. */
  readonly untilPieceMs: () => number;
  readonly complain: (kind: string, what: string) => void;
  /** Whether what this node lacks is over: see `buckets`. */
  readonly isWhole: () => boolean;
  readonly finished: () => void;
}

interface Chunk {
  readonly number: number;
  readonly buckets: Uint8Array;
  /** Fingerprints that the other has, each with its place in the list. */
  readonly have: Map<number, number>;
  listed: number;
  found: Uint8Array;
  pieces: Generator<Piece | undefined> | undefined;
  /** Made, and to be sent when it may be. */
  ready: Piece | undefined;
  sent: number;
  credit: number;
  ended: boolean;
  /** How many more registers the other may give. */
  wanted: number;
  /** Lists and pieces that have come from the other. */
  lists: number;
  gives: number;
  accepting: boolean;
}

/**
 * The side of a pull that is asked: answers what differs, sends what the other lacks, some pieces at a
 * time, and takes what it lacks itself. Nothing is sent that nobody has asked for.
 */
export class Answer {
  readonly #context: AnswerContext;
  readonly #digest: Digest;
  readonly #salt: number;
  /** Buckets that this pull has been answered. */
  readonly #served = new Uint8Array(BUCKETS);
  #chunk: Chunk | undefined;
  #cancelPump: (() => void) | undefined;
  #cancelPatience: (() => void) | undefined;
  #closed = false;

  constructor(
    readonly peer: string,
    readonly id: string,
    readonly set: SetName,
    context: AnswerContext,
  ) {
    this.#context = context;
    this.#digest = context.ledger.digest(set);
    this.#salt = saltOf(id);
    this.#wait();
  }

  receive(message: SyncMessage): void {
    if (this.#closed) return;
    switch (message.kind) {
      case 'compare':
        this.#wait();
        this.#compare(message.groups);
        return;
      case 'list':
        this.#list(message);
        return;
      case 'more':
        this.#more(message.chunk, message.number);
        return;
      case 'give':
        this.#give(message);
        return;
      case 'done':
        this.close();
        return;
      default:
        this.#unasked(`a message that answers nothing (${message.kind})`);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelPump?.();
    this.#cancelPatience?.();
    this.#chunk = undefined;
    this.#context.finished();
  }

  #compare(theirs: Uint8Array): void {
    const groups = differing(theirs, groupBytes(this.#digest));
    if (groups.length === 0) {
      this.#context.send({ kind: 'same' });
      this.close();
      return;
    }
    const digests = new Uint8Array(BYTES_OF_BUCKETS * groups.length);
    groups.forEach((group, index) => {
      digests.set(bucketBytes(this.#digest, group), BYTES_OF_BUCKETS * index);
    });
    this.#context.send({ kind: 'buckets', groups, digests, whole: this.#context.isWhole() });
  }

  #list({ chunk: number, number: part, ...list }: SyncMessage & { kind: 'list' }): void {
    const { buckets, have, more } = list;
    let chunk = this.#chunk;
    if (chunk?.number !== number) {
      // Sent twice, or out of its time.
      if (number !== (chunk === undefined ? 0 : chunk.number + 1)) return;
      const flags = bucketFlags(buckets);
      if (flags.some((flag, bucket) => flag === 1 && this.#served[bucket] === 1)) {
        this.#unasked('the same question again');
        return;
      }
      flags.forEach((flag, bucket) => {
        if (flag === 1) this.#served[bucket] = 1;
      });
      chunk = {
        ...{ number, buckets: flags, have: new Map(), listed: 0 },
        ...{ found: new Uint8Array(0), pieces: undefined, ready: undefined },
        ...{ sent: 0, credit: WINDOW },
        ...{ ended: false, wanted: 0, lists: 0, gives: 0, accepting: false },
      };
      this.#chunk = chunk;
    }
    if (chunk.pieces !== undefined || part !== chunk.lists) return;
    // Only what goes on keeps a pull alive: there is room for so many.
    this.#wait();
    chunk.lists += 1;
    for (const fingerprint of readFingerprints(have)) chunk.have.set(fingerprint, chunk.listed++);
    if (chunk.listed > MOST_IN_CHUNK) {
      this.#unasked('a list without an end');
      return;
    }
    if (more) return;
    chunk.found = new Uint8Array(chunk.listed);
    chunk.pieces = this.#piecesOf(chunk);
    this.#pump();
  }

  /** Undefined where it is time to breathe. */
  *#piecesOf(chunk: Chunk): Generator<Piece | undefined> {
    const { ledger, clock } = this.#context;
    const buckets = chunk.buckets.reduce((sum, flag) => sum + flag, 0);
    const nowMs = clock.nowMs();
    const bounds = buckets > MANY_BUCKETS ? [...YOUNG_MS, NEVER] : [NEVER];
    let youngerMs = -NEVER;
    for (const ageMs of bounds) {
      for (const columns of registersIn(ledger, this.set, chunk.buckets)) {
        const fingerprints = new Fingerprints(columns, this.#salt, nowMs);
        const lacking: number[] = [];
        for (let index = 0; index < columns.length; index++) {
          if (bounds.length > 1) {
            const age = ageForOrder(columns, index, nowMs);
            if (age > ageMs || age <= youngerMs) continue;
          }
          const place = chunk.have.get(fingerprints.at(index));
          if (place === undefined) lacking.push(index);
          else chunk.found[place] = 1;
        }
        yield* encodePieces(columns, lacking);
        yield undefined;
      }
      youngerMs = ageMs;
    }
  }

  /** One piece a turn of the event loop, so that whatever came meanwhile goes first. */
  #pump(afterMs = 0): void {
    if (this.#cancelPump !== undefined || this.#closed) return;
    this.#cancelPump = this.#context.clock.after(afterMs, () => {
      this.#cancelPump = undefined;
      this.#pumpOne();
    });
  }

  #pumpOne(): void {
    const chunk = this.#chunk;
    if (chunk?.pieces === undefined || chunk.ended || chunk.sent >= chunk.credit) return;
    if (chunk.ready === undefined) {
      const next = chunk.pieces.next();
      if (next.done === true) {
        this.#end(chunk);
        return;
      }
      chunk.ready = next.value;
    }
    const waitMs = chunk.ready === undefined ? 0 : this.#context.untilPieceMs();
    if (chunk.ready !== undefined && waitMs === 0) this.#sendPiece(chunk, chunk.ready);
    this.#pump(waitMs);
  }

  #sendPiece(chunk: Chunk, columns: Piece): void {
    chunk.ready = undefined;
    this.#context.send({ kind: 'piece', chunk: chunk.number, number: chunk.sent, columns });
    chunk.sent += 1;
    // What takes long to send is no silence of the other's.
    this.#wait();
  }

  #end(chunk: Chunk): void {
    chunk.ended = true;
    const need = Uint8Array.from(chunk.found, (flag) => 1 - flag);
    chunk.wanted = need.reduce((sum, flag) => sum + flag, 0);
    chunk.have.clear();
    this.#context.send({
      ...{ kind: 'end', chunk: chunk.number, number: chunk.sent, need: bitmapBytes(need) },
    });
  }

  #more(number: number, piece: number): void {
    const chunk = this.#chunk;
    if (chunk?.number !== number || piece >= chunk.sent) return;
    if (piece + 1 + WINDOW <= chunk.credit) return;
    this.#wait();
    chunk.credit = piece + 1 + WINDOW;
    this.#pump();
  }

  #give({ chunk: number, number: piece, columns }: SyncMessage & { kind: 'give' }): void {
    const chunk = this.#chunk;
    if (chunk?.number !== number || !chunk.ended) {
      this.#unasked('registers that were not asked for');
      return;
    }
    // Delivered twice.
    if (piece < chunk.gives) return;
    if (columns.length > chunk.wanted || chunk.accepting || piece > chunk.gives) {
      this.#unasked('more registers than were asked for');
      return;
    }
    for (let index = 0; index < columns.length; index++) {
      if (chunk.buckets[bucketAt(columns, index)] === 1) continue;
      this.#unasked('registers of addresses that were not asked for');
      return;
    }
    chunk.gives += 1;
    chunk.wanted -= columns.length;
    chunk.accepting = true;
    this.#context.accept(columns, () => {
      chunk.accepting = false;
      this.#wait();
      if (!this.#closed) this.#context.send({ kind: 'taken', chunk: number, number: piece });
    });
  }

  #unasked(what: string): void {
    this.#context.complain('unasked', what);
    this.close();
  }

  #wait(): void {
    if (this.#closed) return;
    this.#cancelPatience?.();
    this.#cancelPatience = this.#context.clock.after(PATIENCE_MS, () => {
      this.close();
    });
  }
}

/** Live leases by their age; what only keeps others from coming back can wait. */
function ageForOrder(columns: RegisterColumns, index: number, nowMs: number): number {
  const isLive = columns.actions[index] === BAN && endOf(columns.untils[index] ?? 0) > nowMs / 1000;
  return isLive ? Math.max(0, nowMs - (columns.stamps[index] ?? 0)) : NEVER;
}
