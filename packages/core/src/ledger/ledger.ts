import type { Address, AddressText, Family } from '../address/address.js';
import { parseAddress } from '../address/parse.js';
import type { Origin, SetName } from '../words/names.js';
import { keptBan } from './kept-ban.js';
import { banUntil, isLive, type Ban, type Lease } from '../lease/lease.js';
import { SharedLeases } from './shared-leases.js';
import type { LedgerRecord } from './record.js';
import { WakeQueue } from './wake-queue.js';

/** All bans of one set and family, and what the kernel set still has to follow. */
export interface Page {
  readonly set: SetName;
  readonly family: Family;
  /** Live bans. */
  readonly bans: ReadonlyMap<AddressText, Ban>;
  /** Bans that the kernel set is not known to hold. */
  readonly pending: ReadonlySet<AddressText>;
  /** Addresses that the kernel set must not hold, and may still hold. */
  readonly withdrawn: ReadonlyMap<AddressText, Address>;
}

interface WritablePage extends Page {
  readonly bans: Map<AddressText, Ban>;
  readonly pending: Set<AddressText>;
  readonly withdrawn: Map<AddressText, Address>;
  /** The earliest queued look at each ban: one stands for all, however often a ban is renewed. */
  readonly wakes: Map<AddressText, Wake>;
}

/** A moment at which a ban is to be looked at, in Unix seconds. */
interface Wake {
  readonly unix: number;
  readonly page: WritablePage;
  /** Not the whole address, see `keptBan`. */
  readonly text: AddressText;
}

// Looks that others have made needless are swept out when they outnumber the rest, and this.
const SLACK_WAKES = 1_000;

/** What `withdraw` found. */
export interface Withdrawal {
  /** The leases that are left: the ban goes on while there is one. */
  readonly remaining: Ban | undefined;
}

/**
 * All live leases that this node knows. Pure state: it reads no clock and touches no kernel.
 * `set` is the set that a topic is bound to; IPv6 bans stand under it too, whichever kernel set
 * they end up in.
 */
export class Ledger {
  readonly #pages = new Map<SetName, Record<Family, WritablePage>>();
  readonly #shared = new SharedLeases();
  readonly #wakes = new WakeQueue<Wake>();
  /** How many of them are still in their page. */
  #validWakes = 0;

  page(set: SetName, family: Family): Page {
    return this.#page(set, family);
  }

  sets(): SetName[] {
    return [...this.#pages.keys()];
  }

  ban(set: SetName, address: Address): Ban | undefined {
    return this.#page(set, address.family).bans.get(address.text);
  }

  /** Adds or replaces one origin's lease; the ban is pending until `confirm`. */
  record(set: SetName, address: Address, lease: Lease): Ban {
    const page = this.#page(set, address.family);
    const others = page.bans.get(address.text)?.leases.filter((l) => l.origin !== lease.origin);
    const leases =
      others === undefined || others.length === 0 ? this.#shared.of(lease) : [...others, lease];
    const ban = keptBan(address, leases);
    page.bans.set(address.text, ban);
    page.pending.add(address.text);
    if (page.withdrawn.size > 0) page.withdrawn.delete(address.text);
    this.#wakeAtEnds(set, address, leases);
    return ban;
  }

  /**
   * Ends one origin's lease, or every lease. Without a lease left the address is withdrawn: the
   * kernel set must not hold it, whether or not this ledger ever knew of it.
   */
  withdraw(set: SetName, address: Address, origin: Origin | undefined): Withdrawal {
    const page = this.#page(set, address.family);
    const known = page.bans.get(address.text);
    const leases =
      origin === undefined ? [] : (known?.leases.filter((l) => l.origin !== origin) ?? []);
    if (leases.length > 0) {
      const remaining = keptBan(address, leases);
      page.bans.set(address.text, remaining);
      page.pending.add(address.text);
      return { remaining };
    }
    this.#end(page, address);
    return { remaining: undefined };
  }

  /** The kernel set holds the ban as the ledger has it. */
  confirm(set: SetName, address: Address): void {
    this.#page(set, address.family).pending.delete(address.text);
  }

  /** The kernel set is not known to hold the ban any more. */
  doubt(set: SetName, address: Address): void {
    const page = this.#page(set, address.family);
    if (page.bans.has(address.text)) page.pending.add(address.text);
  }

  /** The kernel set does not hold the address. False where it has been banned again meanwhile. */
  clear(set: SetName, address: Address): boolean {
    return this.#page(set, address.family).withdrawn.delete(address.text);
  }

  /** Asks for the address to be looked at again at a moment, in Unix seconds. */
  wakeAt(unix: number, set: SetName, address: Address): void {
    const page = this.#page(set, address.family);
    const { text } = address;
    const queued = page.wakes.get(text);
    if (queued !== undefined && queued.unix <= unix) return;
    if (queued === undefined) this.#validWakes += 1;
    const wake = { unix, page, text };
    page.wakes.set(text, wake);
    this.#wakes.push(unix, wake);
    if (this.#wakes.size > 2 * this.#validWakes + SLACK_WAKES) {
      this.#wakes.sweep(isValid);
    }
  }

  /** How much is queued, needless looks included: what memory they take. */
  get queuedWakes(): number {
    return this.#wakes.size;
  }

  get nextWakeUnix(): number | undefined {
    return this.#wakes.next;
  }

  /** Ends the leases that are over. Returns each address that was due, with what is left of it. */
  takeDue(nowUnix: number): { set: SetName; address: Address; remaining: Ban | undefined }[] {
    const due = [];
    for (let item; (item = this.#wakes.popDue(nowUnix));) {
      if (!isValid(item)) continue;
      const { page, text } = item;
      const { set } = page;
      this.#forgetWake(page, text);
      const known = page.bans.get(text);
      if (!known) continue;
      const { address } = known;
      const leases = known.leases.filter((lease) => isLive(lease, nowUnix));
      const remaining = leases.length > 0 ? keptBan(address, leases) : undefined;
      if (remaining) {
        page.bans.set(address.text, remaining);
        this.#wakeAtEnds(set, address, leases);
      } else {
        this.#end(page, address);
      }
      due.push({ set, address, remaining });
    }
    return due;
  }

  /** Rebuilds the ledger from its journal; leases that ended meanwhile come back as due. */
  replay(records: readonly LedgerRecord[]): void {
    for (const record of records) {
      const address = parseAddress(record.address);
      if (!address.ok) continue;
      if (record.op === 'ban') {
        const { origin, until, reason } = record;
        this.record(record.set, address.value, {
          origin,
          until,
          ...(reason === undefined ? {} : { reason }),
        });
      } else {
        this.withdraw(record.set, address.value, record.op === 'unban' ? record.origin : undefined);
        if (record.op === 'cleared') this.clear(record.set, address.value);
      }
    }
  }

  /** The shortest journal that replays to this ledger. */
  records(): LedgerRecord[] {
    const records: LedgerRecord[] = [];
    for (const pages of this.#pages.values()) {
      for (const { set, bans, withdrawn } of Object.values(pages)) {
        for (const [address, { leases }] of bans) {
          for (const lease of leases) records.push({ op: 'ban', set, address, ...lease });
        }
        for (const address of withdrawn.keys()) records.push({ op: 'unban', set, address });
      }
    }
    return records;
  }

  /** When the longest lease ends, in Unix seconds, `never`, or `default` while the set is unknown. */
  until(set: SetName, address: Address): Lease['until'] | undefined {
    const ban = this.ban(set, address);
    return ban && banUntil(ban);
  }

  #wakeAtEnds(set: SetName, address: Address, leases: readonly Lease[]): void {
    for (const { until } of leases) {
      if (typeof until === 'number') this.wakeAt(until, set, address);
    }
  }

  #forgetWake(page: WritablePage, text: AddressText): void {
    if (page.wakes.delete(text)) this.#validWakes -= 1;
  }

  #end(page: WritablePage, address: Address): void {
    this.#forgetWake(page, address.text);
    page.bans.delete(address.text);
    page.pending.delete(address.text);
    page.withdrawn.set(address.text, address);
  }

  #page(set: SetName, family: Family): WritablePage {
    let pages = this.#pages.get(set);
    if (!pages) {
      pages = { ipv4: emptyPage(set, 'ipv4'), ipv6: emptyPage(set, 'ipv6') };
      this.#pages.set(set, pages);
    }
    return pages[family];
  }
}

function isValid(wake: Wake): boolean {
  return wake.page.wakes.get(wake.text) === wake;
}

function emptyPage(set: SetName, family: Family): WritablePage {
  return {
    set,
    family,
    bans: new Map(),
    pending: new Set(),
    withdrawn: new Map(),
    wakes: new Map(),
  };
}
