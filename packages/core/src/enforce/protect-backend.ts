import type { Address, Family } from '../address/address.js';
import type {
  Backend,
  Change,
  ChangeReport,
  MemberColumns,
  SetInfo,
  SetSpec,
} from '../backend/backend.js';
import { memberColumns } from '../backend/list-members.js';
import { MOST_PROTECTED, PROTECT_SET } from '../policy/fleet-protection.js';
import { ipv6Companion, type SetName } from '../words/names.js';

/**
 * In place of a kernel set: what the fleet's protect list holds, a set a family. It has no timeouts, so
 * that whoever keeps it in step takes out what is over.
 */
export class ProtectBackend implements Backend {
  readonly name = 'protect';
  readonly #members: ReadonlyMap<SetName, { family: Family; addresses: Map<string, Address> }>;
  /** Another number whenever it holds something else. */
  version = 0;

  constructor() {
    const companion = ipv6Companion(PROTECT_SET) ?? PROTECT_SET;
    this.#members = new Map([
      [companion, { family: 'ipv6', addresses: new Map() }],
      [PROTECT_SET, { family: 'ipv4', addresses: new Map() }],
    ]);
  }

  get size(): number {
    let size = 0;
    for (const { addresses } of this.#members.values()) size += addresses.size;
    return size;
  }

  /** All that is protected, in no order. */
  *addresses(): Generator<Address> {
    for (const { addresses } of this.#members.values()) yield* addresses.values();
  }

  immediate(): boolean {
    return true;
  }

  inspect(set: SetName): Promise<SetInfo | undefined> {
    const found = this.#members.get(set);
    if (found === undefined) return Promise.resolve(undefined);
    const { family, addresses } = found;
    return Promise.resolve({
      ...{ set, type: 'hash:net', family, maxEntries: MOST_PROTECTED },
      ...{ entries: addresses.size, references: 1 },
    });
  }

  members(set: SetName, visit: (members: MemberColumns) => void): Promise<void> {
    const found = this.#members.get(set);
    if (found !== undefined) {
      const members = [...found.addresses.values()].map((address) => ({ address }));
      visit(memberColumns(found.family, members));
    }
    return Promise.resolve();
  }

  apply(changes: readonly Change[]): Promise<ChangeReport[]> {
    return Promise.resolve(changes.map((change) => this.#apply(change)));
  }

  #apply({ op, set, address }: Change): ChangeReport {
    const addresses = this.#members.get(set)?.addresses;
    if (addresses === undefined) return { outcome: 'failed', fault: 'set-missing', detail: set };
    const isThere = addresses.has(address.text);
    if (op === 'del') {
      if (!isThere) return { outcome: 'unchanged' };
      addresses.delete(address.text);
    } else if (!isThere) {
      if (addresses.size >= MOST_PROTECTED) {
        const detail = `the fleet's protect list holds ${String(MOST_PROTECTED)} entries, as many as it may`;
        return { outcome: 'failed', fault: 'set-full', detail };
      }
      addresses.set(address.text, address);
    } else return { outcome: 'applied' };
    this.version += 1;
    return { outcome: 'applied' };
  }

  create(_: SetSpec): Promise<'created' | 'exists'> {
    return Promise.resolve('exists');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
