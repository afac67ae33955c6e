import {
  addressAt,
  addressColumns,
  wordsPerAddress,
  type AddressColumns,
} from '../address/address-columns.js';
import { addressWidth, type Address, type Family } from '../address/address.js';
import { maskAddress } from '../address/contain.js';
import type { Backend, SetInfo } from '../backend/backend.js';
import type { Page } from '../ledger/page.js';
import { NEVER } from '../message/entry-columns.js';
import { Fold } from '../plan/fold.js';
import { FLAG, SetPlan } from '../plan/set-plan.js';
import { maskWords } from '../plan/mask-words.js';
import { RowList } from '../plan/row-list.js';
import { RowQueue } from '../plan/row-queue.js';
import { Cover } from '../policy/cover.js';
import { decideBan, isAllowed, type Policy } from '../policy/decide-ban.js';
import { decideCover } from '../policy/decide-cover.js';
import { decideEnd, rememberedUntil, type EndDecision } from '../policy/decide-end.js';
import type { RefusalReason } from '../policy/refusal-reason.js';
import { movesEnds, type SetPolicy } from '../policy/set-policy.js';
import type { SteadyClock } from '../system/clock.js';
import type { SetName } from '../words/names.js';
import type { Result } from '../words/result.js';
import { describeOrigins } from './describe-decision.js';
import type { JournalNotes } from './journal-notes.js';
import { nowUnix } from './now-unix.js';
import { kernelInfo, kernelSet } from './routing.js';
import type { SetWatch } from './set-watch.js';

/** What the parts of enforcement share. */
export interface EnforceContext {
  readonly backend: Backend;
  readonly watch: SetWatch;
  readonly clock: SteadyClock;
  readonly notes: JournalNotes;
  policy: Policy;
  readonly warn: (sentence: string) => void;
}

/** Why a ban is not enforced here though the ledger holds it. */
export type Refused = Exclude<RefusalReason, 'wrong-family'>;

/** Of fewer addresses each is looked for as it comes. */
const WORTH_WARMING = 16;

/** `Upkeep.follow`: the entry of the plan, or that policy says no. */
export const NOT_ALLOWED = -1;
/** `Upkeep.follow`: nothing is wanted, and nothing is known of the address. */
export const UNKNOWN = -2;

/**
 * One bound set and family: the ledger's page, and the plan that brings the kernel set to it. The
 * kernel set may be another one tomorrow (`blacklist6` appears, a reload makes the set anew): what is
 * held is then asked for again.
 */
export class Upkeep {
  plan: SetPlan;
  readonly queue = new RowQueue();
  /** Entries whose time is over, and which the kernel is ending. */
  readonly fading = new RowQueue();
  /**
   * Wanted entries that found the set full, the first come first. While one waits, the kernel is not
   * asked about others that are new.
   */
  readonly waiting = new RowList();
  /** When somebody else's entry ends that stands where ours should; 0: not known. */
  readonly foreignEnds = new Map<number, number>();
  /** There is a reason to compare the set with the plan before it is due. */
  suspect = true;
  /** Some change has failed that no other sign tells of: what differs is to be looked for. */
  owes = false;
  /** Some ban was refused that may be allowed now: bans are to be decided anew. */
  reopened = false;
  /** The set covered too much for some ban that the ledger holds. */
  #coverRefused = false;
  #wasHome = false;
  /** Wanted entries that are no single addresses. */
  #prefixes = 0;
  #fold: Fold | undefined;
  #cover: Cover;
  #netmask: number | undefined;
  #policy: SetPolicy = {};
  #movesEnds = false;
  /** The prefix length that bans are widened to, where the set's netmask does not do so anyway. */
  #widen: number | undefined;
  readonly #scratch: {
    family: Family;
    length: number;
    words: Uint32Array;
    prefixLengths: Uint8Array;
  };

  constructor(
    readonly set: SetName,
    readonly page: Page,
    private readonly context: EnforceContext,
  ) {
    const { family } = page;
    this.plan = new SetPlan(family);
    this.#cover = new Cover(family);
    const words = new Uint32Array(wordsPerAddress(family));
    this.#scratch = { family, length: 1, words, prefixLengths: new Uint8Array(1) };
  }

  get family(): Family {
    return this.page.family;
  }

  get target(): Result<SetName, 'wrong-family'> {
    return kernelSet(this.context.watch, this.set, this.family);
  }

  /** The kernel set where it is ready. */
  get info(): SetInfo | undefined {
    const info = kernelInfo(this.context.watch, this.set, this.family);
    if (info !== undefined) this.#wasHome = true;
    return info;
  }

  /** There was a set for this family: where it is another one now, it may come back. */
  get wasHome(): boolean {
    return this.#wasHome;
  }

  /** Whether any prefix is banned. */
  get hasPrefixes(): boolean {
    return this.#prefixes > 0;
  }

  get cover(): number {
    return this.#cover.share;
  }

  /** The plan's row of a member of the kernel set, or -1. */
  findStored({ words, prefixLengths }: AddressColumns, index: number): number {
    const offset = index * wordsPerAddress(this.family);
    return this.plan.table.find(words, offset, prefixLengths[index] ?? 0);
  }

  /** Queues as many of those that wait for room as there is. */
  admitWaiting(room: number): void {
    for (let left = room; left > 0 && this.waiting.length > 0;) {
      const row = this.waiting.first;
      this.stopWaiting(row);
      if (!this.plan.isLacking(row)) continue;
      this.plan.mark(row, FLAG.ADMITTED);
      this.enqueue(row);
      left -= 1;
    }
  }

  /** The set is full: the row waits, behind those that do already. */
  wait(row: number): void {
    if (this.plan.has(row, FLAG.WAITING)) return;
    this.plan.mark(row, FLAG.WAITING);
    this.waiting.push(row);
  }

  /** There was no room for these after all: they stand at the head of the line again. */
  waitAgain(rows: readonly number[]): void {
    for (let index = rows.length - 1; index >= 0; index--) {
      const row = rows[index] ?? -1;
      if (this.plan.has(row, FLAG.WAITING) || !this.plan.isLacking(row)) continue;
      this.plan.mark(row, FLAG.WAITING);
      this.waiting.pushFirst(row);
    }
  }

  stopWaiting(row: number): void {
    if (!this.plan.has(row, FLAG.WAITING)) return;
    this.plan.unmark(row, FLAG.WAITING);
    this.waiting.remove(row);
  }

  /** Somebody else's entry counts no more: it has gone, or nothing is wanted in its place. */
  dropForeign(row: number): void {
    this.plan.unmark(row, FLAG.FOREIGN);
    this.foreignEnds.delete(row);
  }

  /** What the administrator wants of this set beyond what its leases say. */
  get policy(): SetPolicy {
    return this.#policy;
  }

  /** @returns whether it is another one: every ban is to be followed anew */
  takePolicy(policy: SetPolicy): boolean {
    if (JSON.stringify(policy) === JSON.stringify(this.#policy)) return false;
    this.#policy = policy;
    this.#movesEnds = movesEnds(policy);
    this.plan.isObserved = policy.observe === true;
    const remembers = policy.minBanSeconds !== undefined || policy.escalateSeconds !== undefined;
    this.page.rememberLeases(
      remembers ? (stampMs, until) => rememberedUntil({ stampMs, until }, policy) : undefined,
    );
    return true;
  }

  /** Whether bans may end at another moment than their longest lease. */
  get movesEnds(): boolean {
    return this.#movesEnds;
  }

  /** Everything but the kernel. */
  get observes(): boolean {
    return this.plan.isObserved;
  }

  /** The prefix length that bans are widened to; undefined: they are not. */
  get widen(): number | undefined {
    return this.#widen;
  }

  /**
   * When the ban of a row of the page ends here, Unix seconds; 0: it is none; `NEVER`. Sees to it that
   * the calendar hands out the address at that moment.
   */
  end(head: number): number {
    const asked = this.page.end(head);
    if (!this.#movesEnds) return asked;
    const { end } = this.decide(head);
    if (end !== asked && end !== 0 && end !== NEVER) this.page.wakeAt(head, end);
    return end;
  }

  /** What the policy makes of the leases of a row of the page. */
  decide(head: number): EndDecision {
    const heard = this.page.isKnown(head) ? this.page.heard(head) : [];
    return decideEnd(heard, this.#policy, nowUnix(this.context.clock));
  }

  /** Whether the ledger holds a ban that the policy, for now, makes nothing of. */
  isHeldBack(head: number): boolean {
    return this.#movesEnds && this.page.isBan(head) && this.decide(head).end === 0;
  }

  /**
   * Starts anew where addresses are folded in another way than before; what the set may hold by us is
   * remembered.
   */
  refold(netmask: number | undefined): boolean {
    const width = addressWidth(this.family);
    const effective = netmask !== undefined && netmask < width ? netmask : undefined;
    const wanted = this.#policy.widen?.[this.family] ?? width;
    const widen = wanted < (effective ?? width) ? wanted : undefined;
    if (effective === this.#netmask && widen === this.#widen) return false;
    this.#netmask = effective;
    // What was held is held as it was.
    this.#widen = undefined;
    const before = this.plan;
    this.plan = new SetPlan(this.family);
    this.plan.isObserved = before.isObserved;
    for (let row = 0; row < before.table.rowCount; row++) {
      if (before.has(row, FLAG.MAYBE) || before.held[row] !== 0) {
        this.plan.mark(this.make(columnsOf(before), row), FLAG.MAYBE);
      }
    }
    this.#widen = widen;
    const isFolding = effective !== undefined || widen !== undefined;
    this.#fold = isFolding ? new Fold(this.family) : undefined;
    this.#cover = new Cover(this.family);
    this.#prefixes = 0;
    this.queue.clear();
    this.fading.clear();
    this.waiting.clear();
    this.foreignEnds.clear();
    return true;
  }

  /**
   * Takes into the plan when the ban of an address ends.
   *
   * @param end Unix seconds, `NEVER`, or 0: there is no ban
   * @returns the plan's row, `NOT_ALLOWED` or `UNKNOWN`
   */
  follow(columns: AddressColumns, index: number, end: number): number {
    const allowed = end === 0 || this.#isAllowed(columns, index);
    const row = this.#row(columns, index, allowed && end !== 0);
    if (row >= 0) {
      const fold = this.#fold;
      fold?.put(row, columns, index, allowed ? end : 0);
      this.#want(row, fold === undefined ? (allowed ? end : 0) : fold.end(row));
    }
    if (!allowed) return NOT_ALLOWED;
    return row < 0 ? UNKNOWN : row;
  }

  /**
   * Many addresses, [from, to), are about to be followed: what the plan knows of them is fetched from memory side by side. Where they are
   * folded into networks they are found elsewhere.
   */
  warm({ words, prefixLengths }: AddressColumns, from: number, to: number): void {
    if (this.#fold === undefined && to - from >= WORTH_WARMING) {
      this.plan.table.warm(words, prefixLengths, from, to);
      this.#cover.warm(words, wordsPerAddress(this.family), from, to);
    }
  }

  /** The row of an address, made where it is missing. */
  make(columns: AddressColumns, index: number): number {
    return this.#row(columns, index, true);
  }

  /** The row of an entry that is as it stands in the set, whatever the policy widens. */
  makeExact(columns: AddressColumns, index: number): number {
    return this.#row(columns, index, true, false);
  }

  /** The same, or -1. */
  findExact(columns: AddressColumns, index: number): number {
    return this.#row(columns, index, false, false);
  }

  /** The row of an address that may be unknown, to be deleted from the set whoever put it there. */
  purge(columns: AddressColumns, index: number): number {
    const row = this.make(columns, index);
    // Else it would be deleted once the set is observed no more, whoever had put it there by then.
    if (this.observes) return row;
    if ((this.plan.wanted[row] ?? 0) === 0) this.plan.mark(row, FLAG.PURGE);
    return row;
  }

  /** Whether the kernel set may hold an address by us. */
  mayHold(columns: AddressColumns, index: number): boolean {
    const row = this.find(columns, index);
    if (row < 0) return false;
    return this.plan.held[row] !== 0 || this.plan.has(row, FLAG.MAYBE | FLAG.IN_FLIGHT);
  }

  /** @returns the plan's row of an address, or -1 */
  find(columns: AddressColumns, index: number): number {
    return this.#row(columns, index, false);
  }

  /** Bans of the ledger that the plan does not want, or that the set can never hold. */
  get refused(): number {
    const { wantedCount, impossibleCount } = this.plan;
    const followed = this.#fold === undefined ? wantedCount : this.#fold.size;
    return Math.max(0, this.page.bans - (followed - impossibleCount));
  }

  /** Whether the plan wants an address in the set. */
  isWanted(columns: AddressColumns, index: number): boolean {
    const row = this.find(columns, index);
    return row >= 0 && (this.plan.wanted[row] ?? 0) !== 0;
  }

  /** Why policy does not allow a ban. */
  refusal(columns: AddressColumns, index: number): { code: Refused; detail: string } | undefined {
    const head = this.page.findAt(columns, index);
    if (head >= 0 && this.isHeldBack(head)) return this.#heldBack(head);
    const address = this.#widened(addressAt(columns, index));
    const { policy } = this.context;
    const decided = decideBan(address, policy, this.info);
    if (!decided.ok) return { code: decided.reason as Refused, detail: decided.detail };
    const covered = decideCover(address, policy, this.#cover, {
      set: this.set,
      ...(this.#netmask === undefined ? {} : { netmask: this.#netmask }),
    });
    return covered.ok ? undefined : { code: covered.reason, detail: covered.detail };
  }

  #heldBack(head: number): { code: Refused; detail: string } {
    const { quorum = 1 } = this.#policy;
    const { origins } = this.decide(head);
    // Of leases that live, only a bound on how long they count leaves none.
    if (origins === 0) {
      return { code: 'max-ban', detail: 'it has lasted as long as a ban may last in this set' };
    }
    return {
      code: 'quorum',
      detail: `it waits for quorum: ${describeOrigins(origins, quorum, this.#policy)}`,
    };
  }

  /** What is put into the set for an address. */
  #widened(address: Address): Address {
    return this.#widen === undefined || address.prefixLength <= this.#widen
      ? address
      : maskAddress(address, this.#widen);
  }

  /** As text, the network that the bans of an address are widened to; undefined: they are not. */
  widenedText(columns: AddressColumns, index: number): string | undefined {
    if ((columns.prefixLengths[index] ?? 0) <= (this.#widen ?? Infinity)) return undefined;
    return this.#widened(addressAt(columns, index)).text;
  }

  /** Rows of the page whose bans are one entry with that of an address, so many at most. */
  folded(address: Address, most: number): number[] {
    const fold = this.#fold;
    const row = this.find(addressColumns(this.family, [address]), 0);
    const heads: number[] = [];
    for (const member of row < 0 || fold === undefined ? [] : fold.members(row)) {
      if (heads.length === most) break;
      if (fold !== undefined) heads.push(this.page.findAt(fold, member));
    }
    return heads.filter((head) => head >= 0);
  }

  /** An address by which the ledger knows a row: of those that are folded into it, one. */
  source(row: number): { readonly columns: AddressColumns; readonly index: number } {
    const { family } = this;
    const [member] = this.#fold?.members(row) ?? [];
    if (this.#fold === undefined || member === undefined) {
      return { columns: columnsOf(this.plan), index: row };
    }
    const { words, prefixLengths } = this.#fold;
    return {
      columns: { family, words, prefixLengths, length: prefixLengths.length },
      index: member,
    };
  }

  /** The addresses that the set folds into its entries, where it has a netmask. */
  get fold(): Fold | undefined {
    return this.#fold;
  }

  /** Puts a row into the queue of what differs. */
  enqueue(row: number): void {
    if (this.plan.has(row, FLAG.QUEUED)) return;
    this.plan.mark(row, FLAG.QUEUED);
    this.queue.push(row);
  }

  /** The same, before all that wait: somebody is locked out until it is done. */
  enqueueFirst(row: number): void {
    if (this.plan.has(row, FLAG.QUEUED)) return;
    this.plan.mark(row, FLAG.QUEUED);
    this.queue.unshift(row);
  }

  #want(row: number, end: number): void {
    const before = this.plan.wanted[row] ?? 0;
    if (before === end) return;
    this.plan.want(row, end);
    if (end === 0) {
      this.stopWaiting(row);
      this.plan.unmark(row, FLAG.ADMITTED);
    }
    if (before !== 0 && end !== 0) return;
    const word = this.plan.table.words[row * wordsPerAddress(this.family)] ?? 0;
    const prefixLength = this.plan.table.prefixLengths[row] ?? 0;
    if (prefixLength < addressWidth(this.family)) this.#prefixes += end === 0 ? -1 : 1;
    // Of a set with a netmask an entry is a network, written as one address.
    const width = this.#netmask ?? prefixLength;
    if (end !== 0) {
      this.#cover.add(word, Math.min(width, prefixLength));
      return;
    }
    this.#cover.remove(word, Math.min(width, prefixLength));
    if (this.#coverRefused) {
      this.reopened = true;
      this.#coverRefused = false;
    }
  }

  #isAllowed(columns: AddressColumns, index: number): boolean {
    const { family, words, prefixLengths } = columns;
    const offset = index * wordsPerAddress(family);
    const prefixLength = Math.min(prefixLengths[index] ?? 0, this.#widen ?? Infinity);
    const { policy } = this.context;
    if (!isAllowed(policy, family, words, offset, prefixLength, this.#netmask)) return false;
    if (prefixLength === addressWidth(family) && this.#netmask === undefined) return true;
    const { info } = this;
    if (info !== undefined && info.type !== 'hash:net' && prefixLength < addressWidth(family)) {
      return false;
    }
    const row = this.find(columns, index);
    if (row >= 0 && (this.plan.wanted[row] ?? 0) !== 0) return true;
    const width = Math.min(this.#netmask ?? prefixLength, prefixLength);
    const isTooMuch = this.#cover.wouldExceed(words[offset] ?? 0, width, policy.maxCover);
    if (isTooMuch) this.#coverRefused = true;
    return !isTooMuch;
  }

  #row(columns: AddressColumns, index: number, make: boolean, widens = true): number {
    const perAddress = wordsPerAddress(this.family);
    let { words } = columns;
    let offset = index * perAddress;
    let prefixLength = columns.prefixLengths[index] ?? 0;
    if (widens && this.#widen !== undefined && this.#widen < prefixLength) {
      maskWords(words, offset, perAddress, this.#widen, this.#scratch.words);
      ({ words } = this.#scratch);
      offset = 0;
      prefixLength = this.#widen;
    } else if (this.#netmask !== undefined && this.#netmask < prefixLength) {
      maskWords(words, offset, perAddress, this.#netmask, this.#scratch.words);
      ({ words } = this.#scratch);
      offset = 0;
    }
    const { plan } = this;
    return make
      ? plan.row(words, offset, prefixLength)
      : plan.table.find(words, offset, prefixLength);
  }
}

function columnsOf({ table, family }: SetPlan): AddressColumns {
  const { words, prefixLengths, rowCount } = table;
  return { family, words, prefixLengths, length: rowCount };
}
