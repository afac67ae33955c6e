import { BUCKETS, BUCKETS_PER_GROUP } from '../lease/item-hash.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Clock } from '../system/clock.js';
import type { SetName } from '../words/names.js';
import { WINDOW } from './answer.js';
import {
  bitmapBytes,
  bucketBytes,
  BYTES_OF_BUCKETS,
  differing,
  flagsOf,
  groupBytes,
} from './digest-text.js';
import { encodePieces, type Piece } from './encode-piece.js';
import { bucketAt, fingerprintBytes, Fingerprints } from './fingerprint.js';
import { registersIn, saltOf } from './registers-in.js';
import {
  MOST_IN_CHUNK,
  MOST_IN_LIST,
  type OutgoingSync,
  type SyncMessage,
} from './sync-message.js';

/** Fingerprints of a chunk, about: 16 KiB. */
const LISTED = 2_048;
const PATIENCE_MS = 10_000;
/** Then another node gets its turn, and the next pull goes on where this one ends. */
const MOST_MS = 300_000;
/** What one pull may take: more than any ledger holds. */
const MOST_TAKEN = 4_000_000;

export interface PullContext {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly send: (body: OutgoingSync) => void;
  readonly accept: (columns: RegisterColumns, then: () => void) => void;
  readonly complain: (kind: string, what: string) => void;
  /** What is equal by its digests is compared, too. Default: false. */
  readonly everything?: boolean;
  /** Leases and withdrawals are taken and none given: what the other lacks goes here, in its place. */
  readonly surplus?: (columns: RegisterColumns, indexes: readonly number[]) => void;
  readonly finished: (result: PullResult) => void;
}

export interface PullResult {
  /**
   * `done`: all that differed has been compared; `same`: nothing did; `busy`, `silent`, `slow`: ask another;
   * `fault`: what came was not what was asked for.
   */
  readonly outcome: 'done' | 'same' | 'busy' | 'silent' | 'slow' | 'fault';
  /** Registers. */
  readonly taken: number;
  readonly given: number;
  /** What the other said of itself: what it does not know is over. */
  readonly whole: boolean;
  /** What is equal by its digests was compared, too. */
  readonly everything: boolean;
}

/** The side of a pull that asks. Ends by itself, whatever the other does or does not. */
export class Pull {
  readonly #context: PullContext;
  readonly #salt: number;
  #state: 'comparing' | 'receiving' | 'giving' | 'closed' = 'comparing';
  /** Numbers 0 to 4095 of the buckets that differ and are not compared yet. */
  #buckets: number[] = [];
  #perChunk = BUCKETS;
  #chunk = -1;
  /** Of the current chunk, as flags. */
  #wanted: Uint8Array = new Uint8Array(BUCKETS);
  #listed: number[] = [];
  #received = 0;
  #accepting = 0;
  #end: { number: number; need: Uint8Array } | undefined;
  #gifts: Generator<Piece> | undefined;
  #gives = 0;
  #taken = 0;
  #given = 0;
  /** Of this chunk, where nothing is given: which leases the other knows, if in another form. */
  readonly #theirs = new Set<number>();
  #whole = false;
  #cancelPatience: (() => void) | undefined;
  #cancelTurn: (() => void) | undefined;

  constructor(
    readonly peer: string,
    readonly id: string,
    readonly set: SetName,
    context: PullContext,
  ) {
    this.#context = context;
    this.#salt = saltOf(id);
  }

  start(): void {
    this.#wait();
    // Whoever says a little every few seconds would keep this node from asking anybody else for ever.
    this.#cancelTurn = this.#context.clock.after(MOST_MS, () => {
      this.#finish('slow');
    });
    const groups = groupBytes(this.#context.ledger.digest(this.set));
    // What equals nothing that the other can have differs in every group.
    if (this.#context.everything === true) groups.forEach((byte, at) => (groups[at] = ~byte));
    this.#context.send({ kind: 'compare', groups });
  }

  receive(message: SyncMessage): void {
    if (this.#state === 'closed') return;
    switch (message.kind) {
      case 'same':
      case 'busy':
        if (this.#state === 'comparing') this.#finish(message.kind);
        return;
      case 'buckets':
        if (this.#state === 'comparing') this.#compare(message);
        return;
      case 'piece':
        this.#piece(message);
        return;
      case 'end':
        this.#endOfChunk(message);
        return;
      case 'taken':
        if (message.chunk !== this.#chunk || message.number !== this.#gives - 1) return;
        if (this.#state === 'giving') this.#give();
        return;
      default:
        this.#fault(`a question in place of an answer (${message.kind})`);
    }
  }

  /** Ends it without a word. */
  stop(): void {
    this.#finish('silent');
  }

  #compare({ groups, digests, whole }: SyncMessage & { kind: 'buckets' }): void {
    const { ledger, everything = false } = this.#context;
    const digest = ledger.digest(this.set);
    this.#whole = whole;
    groups.forEach((group, index) => {
      const start = BYTES_OF_BUCKETS * index;
      const theirs = digests.subarray(start, start + BYTES_OF_BUCKETS);
      const own = bucketBytes(digest, group);
      const buckets = everything ? allOf(BUCKETS_PER_GROUP) : differing(theirs, own);
      for (const bucket of buckets) this.#buckets.push(BUCKETS_PER_GROUP * group + bucket);
    });
    // Addresses spread evenly over the buckets.
    const perBucket = ledger.size.registers / BUCKETS;
    this.#perChunk = Math.max(1, Math.floor(LISTED / Math.max(perBucket, LISTED / BUCKETS)));
    this.#nextChunk();
  }

  #nextChunk(): void {
    if (this.#buckets.length === 0) {
      this.#context.send({ kind: 'done' });
      this.#finish('done');
      return;
    }
    this.#wanted = new Uint8Array(BUCKETS);
    for (const bucket of this.#buckets.splice(0, this.#perChunk)) this.#wanted[bucket] = 1;
    this.#chunk += 1;
    this.#state = 'receiving';
    this.#received = 0;
    this.#end = undefined;
    this.#gives = 0;
    this.#theirs.clear();
    this.#listed = this.#list();
    const buckets = bitmapBytes(this.#wanted);
    const { length } = this.#listed;
    for (let from = 0, number = 0; number === 0 || from < length; number++) {
      const have = fingerprintBytes(this.#listed.slice(from, from + MOST_IN_LIST));
      from += MOST_IN_LIST;
      const more = from < length;
      this.#context.send({ kind: 'list', chunk: this.#chunk, number, buckets, have, more });
    }
    this.#wait();
  }

  #list(): number[] {
    const { ledger, clock } = this.#context;
    const listed: number[] = [];
    for (const columns of registersIn(ledger, this.set, this.#wanted)) {
      const fingerprints = new Fingerprints(columns, this.#salt, clock.nowMs());
      for (let index = 0; index < columns.length; index++) listed.push(fingerprints.at(index));
      // Someone has filled one bucket on purpose: the rest of it is sent, and not compared.
      if (listed.length >= MOST_IN_CHUNK) return listed.slice(0, MOST_IN_CHUNK);
    }
    return listed;
  }

  #piece({ chunk, number, columns }: SyncMessage & { kind: 'piece' }): void {
    // Delivered twice, or late.
    if (chunk < this.#chunk || (chunk === this.#chunk && number < this.#received)) return;
    if (this.#state !== 'receiving' || chunk !== this.#chunk || this.#accepting >= WINDOW) {
      this.#fault('registers that were not asked for');
      return;
    }
    if (number > this.#received) {
      // One was lost on the way; the rest is for the next pull.
      this.#finish('silent');
      return;
    }
    for (let index = 0; index < columns.length; index++) {
      if (this.#wanted[bucketAt(columns, index)] === 1) continue;
      this.#fault('registers of addresses that were not asked for');
      return;
    }
    this.#received += 1;
    this.#taken += columns.length;
    if (this.#context.surplus !== undefined) {
      const fingerprints = new Fingerprints(columns, this.#salt, 0);
      for (let index = 0; index < columns.length; index++) {
        this.#theirs.add(fingerprints.keyAt(index));
      }
    }
    if (this.#taken > MOST_TAKEN) {
      this.#fault('registers without an end');
      return;
    }
    this.#accepting += 1;
    // What takes long here is no silence of the other's.
    this.#cancelPatience?.();
    this.#context.accept(columns, () => {
      this.#accepting -= 1;
      if (this.#state !== 'receiving') return;
      this.#wait();
      this.#context.send({ kind: 'more', chunk, number });
      this.#finishReceiving();
    });
  }

  #endOfChunk({ chunk, number, need }: SyncMessage & { kind: 'end' }): void {
    if (chunk !== this.#chunk || this.#state !== 'receiving' || this.#end) return;
    this.#end = { number, need };
    if (number !== this.#received) this.#finish('silent');
    else this.#finishReceiving();
  }

  #finishReceiving(): void {
    if (this.#end === undefined || this.#accepting > 0) return;
    this.#state = 'giving';
    this.#gifts = this.#giftsFor(flagsOf(this.#end.need, this.#listed.length));
    this.#give();
  }

  #give(): void {
    const next = this.#gifts?.next();
    if (next === undefined || next.done === true) {
      this.#nextChunk();
      return;
    }
    this.#context.send({
      ...{ kind: 'give', chunk: this.#chunk, number: this.#gives, columns: next.value },
    });
    this.#gives += 1;
    this.#wait();
  }

  *#giftsFor(need: Uint8Array): Generator<Piece> {
    const { ledger, clock, surplus } = this.#context;
    const needed = new Set(this.#listed.filter((_, place) => need[place] === 1));
    if (needed.size === 0) return;
    for (const columns of registersIn(ledger, this.set, this.#wanted)) {
      const fingerprints = new Fingerprints(columns, this.#salt, clock.nowMs());
      const indexes: number[] = [];
      for (let index = 0; index < columns.length; index++) {
        // Of a register that comes twice in a changing ledger the second is not given.
        if (needed.delete(fingerprints.at(index))) indexes.push(index);
      }
      if (surplus !== undefined) {
        const isUnknown = (index: number): boolean => !this.#theirs.has(fingerprints.keyAt(index));
        surplus(columns, indexes.filter(isUnknown));
        continue;
      }
      this.#given += indexes.length;
      yield* encodePieces(columns, indexes);
    }
  }

  #fault(what: string): void {
    this.#context.complain('unasked', what);
    this.#finish('fault');
  }

  #finish(outcome: PullResult['outcome']): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancelPatience?.();
    this.#cancelTurn?.();
    const { finished, everything = false } = this.#context;
    const [taken, given, whole] = [this.#taken, this.#given, this.#whole];
    finished({ outcome, taken, given, whole, everything });
  }

  #wait(): void {
    this.#cancelPatience?.();
    this.#cancelPatience = this.#context.clock.after(PATIENCE_MS, () => {
      this.#finish('silent');
    });
  }
}

/** 0, 1, 2, … */
function allOf(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
