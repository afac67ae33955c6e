import { addressWidth, type Address, type AddressText } from '../address/address.js';
import { storedAddress } from '../address/stored-address.js';
import type { SetInfo } from '../backend/backend.js';
import type { Ban } from '../lease/lease.js';
import type { Ledger } from '../ledger/ledger.js';
import type { SetName } from '../words/names.js';
import { isOver, joinBans } from '../plan/plan-changes.js';

/**
 * Other bans that a set's netmask folds into the same entry. Goes through the ledger once for all
 * questions about a set, and so is good for one batch, while the ledger stands still.
 */
export class Neighbours {
  readonly #bySet = new Map<SetName, Map<AddressText, Ban[]>>();

  constructor(
    private readonly ledger: Ledger,
    private readonly nowUnix: number,
  ) {}

  /** All of them as one ban, or undefined where there is none: always so without a netmask. */
  of(set: SetName, address: Address, info: SetInfo): Ban | undefined {
    if (info.netmask === undefined || info.netmask >= addressWidth(info.family)) return undefined;
    const stored = storedAddress(address, info.netmask).text;
    return this.#entries(set, info)
      .get(stored)
      ?.filter((ban) => ban.address.text !== address.text)
      .reduce<Ban | undefined>((one, other) => (one ? joinBans(one, other) : other), undefined);
  }

  #entries(set: SetName, info: SetInfo): Map<AddressText, Ban[]> {
    const known = this.#bySet.get(info.set);
    if (known) return known;
    const entries = new Map<AddressText, Ban[]>();
    for (const ban of this.ledger.page(set, info.family).bans.values()) {
      if (isOver(ban, this.nowUnix)) continue;
      const { text } = storedAddress(ban.address, info.netmask);
      const bans = entries.get(text);
      if (bans) bans.push(ban);
      else entries.set(text, [ban]);
    }
    this.#bySet.set(info.set, entries);
    return entries;
  }
}
