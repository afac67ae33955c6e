import { addressWidth, type Family } from '../../address/address.js';
import { wordsPerAddress, writeWords } from '../../address/address-columns.js';
import { parseAddress } from '../../address/parse.js';
import { TimeSlice } from '../../system/time-slice.js';
import type { SetName } from '../../words/names.js';
import { ADD_NEW, DELETE, NO_TIMEOUT, type ChangeFault, type SetInfo } from '../backend.js';
import { parseBitmapRange, type BitmapRange } from '../bitmap-range.js';
import { MemberBatches } from '../member-batches.js';
import { storableComment } from '../storable-comment.js';
import { keepBits, MemberKeys, type MemberKey } from './member-keys.js';

/** A set as the kernel would make it, also of kinds that Vallum does not edit. */
export interface MemorySetTraits {
  readonly set: SetName;
  readonly type: string;
  readonly family: Family;
  readonly defaultTimeoutSeconds?: number;
  readonly maxEntries?: number;
  readonly range?: string;
  readonly comments?: boolean;
  readonly netmask?: number;
  readonly evicts?: boolean;
}

/** One change, its address in words: `words[offset]` and behind. */
export interface WordChange {
  readonly op: number;
  readonly family: Family;
  readonly words: Uint32Array;
  readonly offset: number;
  readonly prefixLength: number;
  /** `NO_TIMEOUT`: none is named. */
  readonly timeoutSeconds: number;
  readonly comment: string | undefined;
}

interface StoredMember {
  /** Unix milliseconds; Infinity: for ever. */
  readonly endsAtMs: number;
  readonly comment: string | undefined;
  readonly exception: boolean;
}

// IPSET_DEFAULT_MAXELEM of linux/netfilter/ipset/ip_set_hash.h.
const DEFAULT_MAX_ENTRIES = 65_536;
/** The clock is looked at once in 256 members. */
const LOOK_AT_CLOCK = 0xff;

/** One set with the kernel's rules: what it refuses, replaces and forgets. */
export class MemorySet {
  references = 0;
  readonly #traits: MemorySetTraits;
  readonly #identity: string;
  readonly #range: BitmapRange | undefined;
  readonly #firstWord: number;
  readonly #lastWord: number;
  readonly #keys: MemberKeys;
  readonly #width: number;
  /** No entry ends before this, so that not every change has to look at all of them. */
  #nextEndMs = Infinity;
  /** The first end among what was added since the last look at all of them began. */
  #addedEndMs = Infinity;
  /** Nearly all have an end only: then that is all there is to them, and a million fit. */
  readonly #members = new Map<MemberKey, number | StoredMember>();
  readonly #scratch = new Uint32Array(4);

  constructor(traits: MemorySetTraits, identity: string) {
    this.#traits = traits;
    this.#identity = identity;
    const range = traits.range === undefined ? undefined : parseBitmapRange(traits.range);
    this.#range = range?.ok === true ? range.value : undefined;
    this.#firstWord = wordOf(this.#range?.first);
    this.#lastWord = wordOf(this.#range?.last);
    this.#keys = new MemberKeys(traits.family);
    this.#width = addressWidth(traits.family);
  }

  /** Says whether a change was made, or why it cannot be. */
  change(change: WordChange, nowMs: number): 'applied' | 'unchanged' | 'present' | ChangeFault {
    const fault = this.#faultOf(change);
    if (fault !== undefined) return fault;
    const key = this.#keyOf(change.words, change.offset, change.prefixLength);
    const isThere = this.#find(key, nowMs) !== undefined;
    if (change.op === DELETE) {
      this.#members.delete(key);
      return isThere ? 'applied' : 'unchanged';
    }
    if (isThere && change.op === ADD_NEW) return 'present';
    if (!this.#members.has(key) && !this.#makeRoom(nowMs)) return 'set-full';
    const { defaultTimeoutSeconds = 0, comments } = this.#traits;
    const seconds =
      change.timeoutSeconds === NO_TIMEOUT ? defaultTimeoutSeconds : change.timeoutSeconds;
    const endsAtMs = seconds === 0 ? Infinity : nowMs + seconds * 1000;
    const comment =
      comments === true && change.comment !== undefined
        ? storableComment(change.comment)
        : undefined;
    this.#members.set(
      key,
      comment === undefined ? endsAtMs : { endsAtMs, comment, exception: false },
    );
    this.#nextEndMs = Math.min(this.#nextEndMs, endsAtMs);
    this.#addedEndMs = Math.min(this.#addedEndMs, endsAtMs);
    return 'applied';
  }

  /** Puts an exception in, as `ipset add NAME ADDRESS nomatch` does. */
  except(words: Uint32Array, prefixLength: number): void {
    const exception = { endsAtMs: Infinity, comment: undefined, exception: true };
    this.#members.set(this.#keyOf(words, 0, prefixLength), exception);
  }

  /** Counts what has ended too, unless it was told to forget that. */
  info(): SetInfo {
    const { set, type, family, defaultTimeoutSeconds, netmask, comments, evicts } = this.#traits;
    return {
      set,
      type,
      family,
      ...(defaultTimeoutSeconds === undefined ? {} : { defaultTimeoutSeconds }),
      ...(netmask === undefined ? {} : { netmask }),
      ...(this.#range === undefined ? {} : { range: this.#range }),
      ...(this.#isBitmap() ? {} : { maxEntries: this.#capacity() }),
      ...(comments === true ? { comments: true } : {}),
      ...(evicts === true ? { evicts: true } : {}),
      entries: this.#members.size,
      references: this.references,
      identity: this.#identity,
    };
  }

  async members(nowMs: number): Promise<MemberBatches> {
    const batches = new MemberBatches();
    const { family } = this.#traits;
    const perAddress = wordsPerAddress(family);
    const slice = new TimeSlice();
    for (const [key, member] of this.#members) {
      const endsAtMs = endOf(member);
      if (endsAtMs <= nowMs) continue;
      const rows = batches.rows(family);
      const row = rows.length;
      rows.prefixLengths[row] = this.#keys.read(key, rows.words, perAddress * row);
      rows.timeoutSeconds[row] = endsAtMs === Infinity ? 0 : secondsLeft(endsAtMs, nowMs);
      if (typeof member !== 'number') {
        if (member.exception) rows.exceptions[row] = 1;
        if (member.comment !== undefined) rows.comment(member.comment);
      }
      rows.length++;
      if ((rows.length & LOOK_AT_CLOCK) === 0 && slice.isOver) await slice.breathe();
    }
    return batches;
  }

  /** As `Backend.test`. */
  test(family: Family, words: Uint32Array, prefixLength: number, nowMs: number): boolean {
    const member = this.#deciding(family, words, prefixLength, nowMs);
    return member !== undefined && !isException(member);
  }

  /** As `Backend.excepts`. */
  excepts(family: Family, words: Uint32Array, prefixLength: number, nowMs: number): boolean {
    const member = this.#deciding(family, words, prefixLength, nowMs);
    return member !== undefined && isException(member);
  }

  /** The member by which packets match or pass: of a single address the nearest. */
  #deciding(
    family: Family,
    words: Uint32Array,
    prefixLength: number,
    nowMs: number,
  ): number | StoredMember | undefined {
    if (family !== this.#traits.family) return undefined;
    const isSingle = prefixLength === this.#width;
    if (this.#traits.type !== 'hash:net') {
      return isSingle ? this.#find(this.#keyOf(words, 0, prefixLength), nowMs) : undefined;
    }
    for (let length = prefixLength; length > 0; length--) {
      const member = this.#find(this.#keys.key(words, 0, length), nowMs);
      if (member !== undefined || !isSingle) return member;
    }
    return undefined;
  }

  /** Takes out what has ended. */
  async forgetEnded(nowMs: number): Promise<void> {
    const slice = new TimeSlice();
    for (const _ of this.#sweep(nowMs)) if (slice.isOver) await slice.breathe();
  }

  flush(): void {
    this.#members.clear();
  }

  /** What is held and has not ended. */
  #find(key: MemberKey, nowMs: number): number | StoredMember | undefined {
    const member = this.#members.get(key);
    return member === undefined || endOf(member) <= nowMs ? undefined : member;
  }

  #makeRoom(nowMs: number): boolean {
    if (this.#members.size < this.#capacity()) return true;
    for (const _ of this.#sweep(nowMs)) if (this.#members.size < this.#capacity()) return true;
    if (this.#members.size < this.#capacity()) return true;
    if (this.#traits.evicts !== true) return false;
    for (const evicted of this.#members.keys()) return this.#members.delete(evicted);
    return false;
  }

  /** Takes out what has ended, in steps. */
  *#sweep(nowMs: number): Generator<void> {
    if (nowMs < this.#nextEndMs) return;
    // What is added meanwhile is met at the Map's end, unless it was there: then it keeps its place.
    this.#addedEndMs = Infinity;
    let nextEndMs = Infinity;
    let looks = 0;
    for (const [key, member] of this.#members) {
      const endsAtMs = endOf(member);
      if (endsAtMs <= nowMs) this.#members.delete(key);
      else nextEndMs = Math.min(nextEndMs, endsAtMs);
      if ((++looks & LOOK_AT_CLOCK) === 0) yield;
    }
    // Not before the end: who stops half-way has to look again.
    this.#nextEndMs = Math.min(nextEndMs, this.#addedEndMs);
  }

  #keyOf(words: Uint32Array, offset: number, prefixLength: number): MemberKey {
    const { netmask } = this.#traits;
    if (netmask === undefined) return this.#keys.key(words, offset, prefixLength);
    for (let part = 0; part < wordsPerAddress(this.#traits.family); part++) {
      this.#scratch[part] = keepBits(words[offset + part] ?? 0, netmask - 32 * part);
    }
    return this.#keys.key(this.#scratch, 0, prefixLength);
  }

  #faultOf(change: WordChange): ChangeFault | undefined {
    const { type, family } = this.#traits;
    if (type !== 'hash:ip' && type !== 'hash:net' && type !== 'bitmap:ip') {
      return 'unsupported-type';
    }
    if (change.family !== family) return 'wrong-family';
    if (type === 'hash:net') return change.prefixLength === 0 ? 'unstorable' : this.#timed(change);
    if (change.prefixLength !== this.#width) return 'prefix-unsupported';
    if (type === 'hash:ip') return this.#isNull(change) ? 'unstorable' : this.#timed(change);
    const word = change.words[change.offset] ?? 0;
    return word >= this.#firstWord && word <= this.#lastWord ? this.#timed(change) : 'out-of-range';
  }

  #timed({ op, timeoutSeconds }: WordChange): ChangeFault | undefined {
    return op !== DELETE &&
      timeoutSeconds !== NO_TIMEOUT &&
      this.#traits.defaultTimeoutSeconds === undefined
      ? 'timeout-unsupported'
      : undefined;
  }

  /** True for 0.0.0.0 and ::, which the kernel's hash:ip cannot hold, as it would be stored. */
  #isNull({ words, offset }: WordChange): boolean {
    const { family, netmask = this.#width } = this.#traits;
    for (let part = 0; part < wordsPerAddress(family); part++) {
      if (keepBits(words[offset + part] ?? 0, netmask - 32 * part) !== 0) return false;
    }
    return true;
  }

  #isBitmap(): boolean {
    return this.#traits.type === 'bitmap:ip';
  }

  #capacity(): number {
    if (this.#isBitmap()) return Infinity;
    return this.#traits.maxEntries ?? DEFAULT_MAX_ENTRIES;
  }
}

function isException(member: number | StoredMember): boolean {
  return typeof member !== 'number' && member.exception;
}

function endOf(member: number | StoredMember): number {
  return typeof member === 'number' ? member : member.endsAtMs;
}

/** An IPv4 address as a number; one that nothing is within where there is none. */
function wordOf(text: string | undefined): number {
  const parsed = text === undefined ? undefined : parseAddress(text);
  if (parsed?.ok !== true) return -1;
  const words = new Uint32Array(1);
  writeWords(parsed.value, words, 0);
  return words[0] ?? 0;
}

function secondsLeft(endsAtMs: number, nowMs: number): number {
  // Never 0, which would read as "for ever"; the kernel rounds the same way (ip_set_timeout.h).
  return Math.max(1, Math.floor((endsAtMs - nowMs) / 1000));
}
