import type { Family } from '../address/address.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import type { SetName } from '../words/names.js';
import { Digest } from './digest.js';
import { Shared, type LedgerLimits, type LedgerOptions } from './limits.js';
import { PageRows } from './page-rows.js';
import { Page } from './page.js';
import { SeededHash } from './seeded-hash.js';

export type { LedgerLimits, LedgerOptions };

/** How much a ledger knows. */
export interface LedgerSize {
  /** Leases, withdrawals and sweeps. */
  readonly registers: number;
  /** Live leases. */
  readonly leases: number;
  /** Addresses with a live lease, in each set. */
  readonly bans: number;
  /** Distinct ones; one of a set with bounds of its own counts there too. */
  readonly origins: number;
  readonly reasons: number;
}

interface PagesOfSet {
  readonly digest: Digest;
  readonly ipv4: Page;
  readonly ipv6: Page;
}

/**
 * All leases and withdrawals that this node knows: registers that merge (`lease/merge.ts`), in columns.
 * Pure state: it reads no clock and touches no kernel. `set` is the set that a topic is bound to; IPv6
 * bans stand under it too, whichever kernel set they end up in.
 */
export class Ledger {
  readonly #shared: Shared;
  readonly #apart: ReadonlyMap<SetName, Shared>;
  readonly #hash: SeededHash;
  readonly #pages = new Map<SetName, PagesOfSet>();

  /**
   * @param hash by which addresses are found: of random seeds, since publishers choose the addresses
   * @throws VallumError INVALID_ARGUMENT where a limit is no number that the ledger can count to
   */
  constructor(options: LedgerOptions = {}, hash = new SeededHash()) {
    this.#hash = hash;
    this.#shared = new Shared(options);
    this.#apart = new Map(
      [...(options.apart ?? [])].map(([set, limits]) => [set, new Shared({ ...options, limits })]),
    );
  }

  /** What publishers can make it hold, in sets without bounds of their own. */
  get limits(): Required<LedgerLimits> {
    return this.#shared.limits;
  }

  /** The page of a set and family; made when it is first asked for. */
  page(set: SetName, family: Family): Page {
    return this.#pagesOf(set)[family];
  }

  /** The pages that were made: two of each set. */
  *pages(): Generator<Page> {
    for (const { ipv4, ipv6 } of this.#pages.values()) {
      yield ipv4;
      yield ipv6;
    }
  }

  /**
   * The next moment at which some page's `takeDue` has something to do, Unix seconds; undefined: none.
   * It may turn out to be nothing, where a lease has been renewed.
   */
  get nextDueUnix(): number | undefined {
    // Asked after each batch of messages.
    let next = Infinity;
    for (const { ipv4, ipv6 } of this.#pages.values()) {
      next = Math.min(next, ipv4.nextDueUnix ?? Infinity, ipv6.nextDueUnix ?? Infinity);
    }
    return next === Infinity ? undefined : next;
  }

  /** Of both families of a set together, as of the last `merge` and `takeDue`; goes on being current. */
  digest(set: SetName): Digest {
    return this.#pagesOf(set).digest;
  }

  get size(): LedgerSize {
    const size = { registers: 0, leases: 0, bans: 0, origins: 0, reasons: 0 };
    for (const shared of [this.#shared, ...this.#apart.values()]) {
      size.registers += shared.registers;
      size.leases += shared.liveLeases;
      size.origins += shared.origins.size;
      size.reasons += shared.reasons.size;
    }
    for (const page of this.pages()) size.bans += page.bans;
    return size;
  }

  /**
   * All registers, at most 4,096 of one page at a time, each piece made when it is asked for. The ledger
   * may change between two: what was there throughout is visited once, what came or went may be.
   */
  *registers(): Generator<{ readonly set: SetName; readonly columns: RegisterColumns }> {
    for (const page of this.pages()) {
      for (const columns of page.registers()) yield { set: page.set, columns };
    }
  }

  #pagesOf(set: SetName): PagesOfSet {
    let pages = this.#pages.get(set);
    if (pages === undefined) {
      const digest = new Digest();
      const shared = this.#apart.get(set) ?? this.#shared;
      const page = (family: Family): Page =>
        new Page(set, family, new PageRows(family, this.#hash, shared, digest));
      pages = { digest, ipv4: page('ipv4'), ipv6: page('ipv6') };
      this.#pages.set(set, pages);
    }
    return pages;
  }
}
