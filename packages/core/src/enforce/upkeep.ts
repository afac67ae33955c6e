import { addressAt, wordsPerAddress, type AddressColumns } from '../address/address-columns.js';
import { addressWidth, type Address, type Family } from '../address/address.js';
import { maskAddress } from '../address/contain.js';
import type { SetInfo } from '../backend/backend.js';
import type { Page } from '../ledger/page.js';
import { Fold } from '../plan/fold.js';
import { RowQueue } from '../plan/row-queue.js';
import { FLAG, SetPlan } from '../plan/set-plan.js';
import { decideBan, isAllowed } from '../policy/decide-ban.js';
import { decideCover } from '../policy/decide-cover.js';
import type { ProtectedEntry } from '../policy/protect-list.js';
import type { RefusalReason } from '../policy/refusal-reason.js';
import type { SetPolicy } from '../policy/set-policy.js';
import type { SetName } from '../words/names.js';
import type { Result } from '../words/result.js';
import { BanEnds } from './ban-ends.js';
import { CoveredSpace } from './covered-space.js';
import type { EnforceContext } from './enforce-context.js';
import { EntryRows, type EntryWidths, type IsProtected } from './entry-rows.js';
import { kernelInfo, kernelSet } from './routing.js';
import type { SetWatch } from './set-watch.js';
import { WaitingRows } from './waiting-rows.js';

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
  readonly waiting: WaitingRows;
  /** When bans end here, as policy has it. */
  readonly ends: BanEnds;
  /** Where addresses stand in the plan. */
  rows: EntryRows;
  /** When somebody else's entry ends that stands where ours should; 0: not known. */
  readonly foreignEnds = new Map<number, number>();
  /** There is a reason to compare the set with the plan before it is due. */
  suspect = true;
  /** Some change has failed that no other sign tells of: what differs is to be looked for. */
  owes = false;
  /** Some ban was refused that may be allowed now: bans are to be decided anew. */
  reopened = false;
  #wasHome = false;
  #fold: Fold | undefined;
  #space: CoveredSpace;

  constructor(
    readonly set: SetName,
    readonly page: Page,
    private readonly context: EnforceContext,
  ) {
    const { family } = page;
    this.plan = new SetPlan(family);
    this.rows = this.#entryRows({ netmask: undefined, widen: undefined });
    this.ends = new BanEnds(page, context.clock);
    this.waiting = new WaitingRows(this);
    this.#space = new CoveredSpace(family, undefined);
  }

  get family(): Family {
    return this.page.family;
  }

  /** What is known of the kernel sets that it may come to. */
  get watch(): SetWatch {
    return this.context.watch;
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
    return this.#space.hasPrefixes;
  }

  get cover(): number {
    return this.#space.cover.share;
  }

  /** Somebody else's entry counts no more: it has gone, or nothing is wanted in its place. */
  dropForeign(row: number): void {
    this.plan.unmark(row, FLAG.FOREIGN);
    this.foreignEnds.delete(row);
  }

  /** @returns whether it is another one: every ban is to be followed anew */
  takePolicy(policy: SetPolicy): boolean {
    if (!this.ends.takePolicy(policy)) return false;
    this.plan.isObserved = policy.observe === true;
    return true;
  }

  /** Everything but the kernel. */
  get observes(): boolean {
    return this.plan.isObserved;
  }

  /** What the policy says bans are widened to; undefined: nothing. */
  get wantedWidth(): number | undefined {
    return this.ends.policy.widen?.[this.family];
  }

  /** The width of the network whose protection decides how a ban of such a prefix is enforced. */
  coveredLength(prefixLength: number): number {
    return Math.min(prefixLength, this.rows.widen ?? Infinity, this.rows.netmask ?? Infinity);
  }

  /** The set takes single addresses only: bans stand in it as they were asked for. */
  get cannotWiden(): boolean {
    const { info } = this;
    return info !== undefined && info.type !== 'hash:net';
  }

  /**
   * Starts anew where addresses are folded in another way than before; what the set may hold by us is
   * remembered.
   */
  refold(): boolean {
    const width = addressWidth(this.family);
    const { netmask } = this.info ?? {};
    const effective = netmask !== undefined && netmask < width ? netmask : undefined;
    const wanted = this.cannotWiden ? width : (this.wantedWidth ?? width);
    const widen = wanted < (effective ?? width) ? wanted : undefined;
    if (effective === this.rows.netmask && widen === this.rows.widen) return false;
    const before = this.plan;
    this.plan = new SetPlan(this.family);
    this.plan.isObserved = before.isObserved;
    this.rows = this.#entryRows({ netmask: effective, widen });
    const { columns } = before.table;
    for (let row = 0; row < columns.length; row++) {
      if (before.has(row, FLAG.MAYBE) || before.held[row] !== 0) {
        // What was held is held as it was.
        this.plan.mark(this.rows.makeExact(columns, row), FLAG.MAYBE);
      }
    }
    const isFolding = effective !== undefined || widen !== undefined;
    this.#fold = isFolding ? new Fold(this.family) : undefined;
    this.#space = new CoveredSpace(this.family, effective);
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
   * @param known the plan's row, where it is known already
   * @returns the plan's row, `NOT_ALLOWED` or `UNKNOWN`
   */
  follow(columns: AddressColumns, index: number, end: number, known?: number): number {
    const allowed = end === 0 || this.#isAllowed(columns, index, known);
    const wanted = allowed ? end : 0;
    const row =
      known ?? (wanted === 0 ? this.rows.find(columns, index) : this.rows.make(columns, index));
    const fold = this.#fold;
    if (fold === undefined) {
      if (row >= 0) this.#want(row, wanted);
    } else {
      const left = fold.put(row, columns, index, wanted);
      if (row >= 0) this.#want(row, fold.end(row));
      if (left >= 0) this.#lose(left, fold.end(left));
    }
    if (!allowed) return NOT_ALLOWED;
    return row < 0 ? UNKNOWN : row;
  }

  /**
   * Many addresses, [from, to), are about to be followed: what the plan knows of them is fetched
   * from memory side by side. Where they are folded into networks they are found elsewhere.
   */
  warm({ words, prefixLengths }: AddressColumns, from: number, to: number): void {
    if (this.#fold === undefined && to - from >= WORTH_WARMING) {
      this.plan.table.warm(words, prefixLengths, from, to);
      this.#space.cover.warm(words, wordsPerAddress(this.family), from, to);
    }
  }

  /** An address has moved to another entry: what protects something has come or gone. */
  #lose(row: number, end: number): void {
    this.#want(row, end);
    this.enqueueFirst(row);
  }

  /** When the ban of this very address ends here, as far as it is followed; 0: it is not. */
  followed(columns: AddressColumns, index: number): number {
    if (this.#fold !== undefined) return this.#fold.endOf(columns, index);
    const row = this.rows.find(columns, index);
    return row < 0 ? 0 : (this.plan.wanted[row] ?? 0);
  }

  /**
   * Sees to it that the entry of an address is deleted from the set whoever put it there, known or
   * not; but not a network around it that somebody else has put there.
   *
   * @returns the row that tells whether it is out of the set
   */
  purge(columns: AddressColumns, index: number): number {
    const own = this.rows.makeExact(columns, index);
    const isPurged = !this.observes && (this.plan.wanted[own] ?? 0) === 0;
    // While observed it would be deleted once the set is observed no more, whoever had put it there by then.
    if (isPurged) this.plan.mark(own, FLAG.PURGE);
    const row = this.rows.find(columns, index);
    if (row < 0 || row === own || !this.#isOurs(row)) return own;
    if (isPurged) this.enqueue(own);
    return row;
  }

  /** Whether the kernel set may hold an address by us. */
  mayHold(columns: AddressColumns, index: number): boolean {
    const row = this.rows.find(columns, index);
    return row >= 0 && this.plan.mayHold(row);
  }

  /** Bans of the ledger that the plan does not want, or that the set can never hold. */
  get refused(): number {
    const { wantedCount, impossibleCount } = this.plan;
    const followed = this.#fold === undefined ? wantedCount : this.#fold.size;
    return Math.max(0, this.page.bans - (followed - impossibleCount));
  }

  /** Whether the plan wants an address in the set. */
  isWanted(columns: AddressColumns, index: number): boolean {
    const row = this.rows.find(columns, index);
    return row >= 0 && (this.plan.wanted[row] ?? 0) !== 0;
  }

  /** Why policy does not allow a ban. */
  refusal(columns: AddressColumns, index: number): { code: Refused; detail: string } | undefined {
    const head = this.page.findAt(columns, index);
    const heldBack = head < 0 ? undefined : this.ends.heldBack(head);
    if (heldBack !== undefined) return heldBack;
    const address = this.bannedAs(columns, index);
    const { policy } = this.context;
    const decided = decideBan(address, policy, this.info);
    if (!decided.ok) return { code: decided.reason as Refused, detail: decided.detail };
    const covered = decideCover(address, policy, this.#space.cover, {
      set: this.set,
      ...(this.rows.netmask === undefined ? {} : { netmask: this.rows.netmask }),
    });
    return covered.ok ? undefined : { code: covered.reason, detail: covered.detail };
  }

  /** What is put into the set for an address. */
  bannedAs(columns: AddressColumns, index: number): Address {
    const address = addressAt(columns, index);
    const length = this.rows.lengthAt(columns, index);
    return length < address.prefixLength ? maskAddress(address, length) : address;
  }

  /** What protects an address or prefix here; undefined: nothing does. */
  conflict(address: Address): ProtectedEntry | undefined {
    return this.context.policy.protectList.conflict(address);
  }

  /** The addresses that the set folds into its entries, where it has a netmask. */
  get fold(): Fold | undefined {
    return this.#fold;
  }

  /**
   * Bans are about to be read: makes room for as many as the kernel set holds.
   *
   * @param most so many there may be, whatever stands in the set
   */
  reserve(most: number): void {
    const entries = Math.min(this.info?.entries ?? 0, most);
    this.page.reserve(entries);
    this.plan.table.reserve(entries);
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

  /** Wanted, or in the set by us. */
  #isOurs(row: number): boolean {
    return this.plan.wanted[row] !== 0 || this.plan.mayHold(row);
  }

  #entryRows(widths: EntryWidths): EntryRows {
    const { family, context } = this;
    const isProtected: IsProtected = (words, offset, prefixLength) =>
      context.policy.protectList.conflictAt(family, words, offset, prefixLength) !== undefined;
    return new EntryRows(this.plan, widths, isProtected);
  }

  #want(row: number, end: number): void {
    const before = this.plan.wanted[row] ?? 0;
    if (before === end) return;
    this.plan.want(row, end);
    if (end === 0) {
      this.waiting.stop(row);
      this.plan.unmark(row, FLAG.ADMITTED);
    }
    if (before !== 0 && end !== 0) return;
    const word = this.plan.table.words[row * wordsPerAddress(this.family)] ?? 0;
    const prefixLength = this.plan.table.prefixLengths[row] ?? 0;
    if (end !== 0) this.#space.add(word, prefixLength);
    else if (this.#space.remove(word, prefixLength)) this.reopened = true;
  }

  #isAllowed(columns: AddressColumns, index: number, known?: number): boolean {
    const { family, words } = columns;
    const offset = index * wordsPerAddress(family);
    const prefixLength = this.rows.lengthAt(columns, index);
    const { policy } = this.context;
    if (!isAllowed(policy, family, words, offset, prefixLength, this.rows.netmask)) return false;
    if (prefixLength === addressWidth(family) && this.rows.netmask === undefined) return true;
    const { info } = this;
    if (info !== undefined && info.type !== 'hash:net' && prefixLength < addressWidth(family)) {
      return false;
    }
    const row = known ?? this.rows.find(columns, index);
    if (row >= 0 && (this.plan.wanted[row] ?? 0) !== 0) return true;
    return this.#space.allows(words[offset] ?? 0, prefixLength, policy.maxCover);
  }
}
