import { isSingleAddress } from '../../address/address.js';
import { VallumError } from '../../words/errors.js';
import type { SetName } from '../../words/names.js';
import type { Clock } from '../../system/clock.js';
import { applyRanges } from '../apply-ranges.js';
import type { Backend, SetMember, SetSpec } from '../backend.js';
import { checkSetSpec } from '../check-set-spec.js';
import { MemberBatches } from '../member-batches.js';
import { inTurn } from '../in-turn.js';
import { prefixSetName } from './companion-name.js';
import { describePair } from './describe-pair.js';
import { howToCreate } from './how-to-create.js';
import { IntervalEditor } from './interval-editor.js';
import { listSingles } from './list-singles.js';
import { ChangeRouter } from './route-changes.js';
import type { NftSet, SetDriver } from './set-driver.js';
import { isIdentifier, type TableAddress } from './table-address.js';

export interface SetBackendParts {
  readonly driver: SetDriver;
  readonly table: TableAddress;
  /** undefined: `create` makes sets only. */
  readonly chain: string | undefined;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** The backend for sets of nftables, whatever drives them. */
export function createSetBackend({ driver, table, chain, clock }: SetBackendParts): Backend {
  const intervals = new IntervalEditor(driver, clock);
  const router = new ChangeRouter(driver, intervals, table, clock);
  const inOrder = inTurn();

  // Between changes, not amid one: they share what the driver asks the kernel with.
  const describe = (name: string): Promise<NftSet | undefined> =>
    inOrder(() => driver.describe(name));

  const findPrefixes = async (main: NftSet): Promise<NftSet | undefined> => {
    if (main.interval) return undefined;
    const prefixes = await describe(prefixSetName(main.name));
    return prefixes?.interval === true && prefixes.family === main.family ? prefixes : undefined;
  };

  // Reading an interval set replaces what is remembered of it, which changes plan on.
  const count = (set: NftSet): Promise<number> => inOrder(() => intervals.count(set));
  const list = (set: NftSet): Promise<SetMember[]> => inOrder(() => intervals.members(set));

  /** In the middle of a change: what it asks is not to wait for its turn. */
  const typeOf = async (set: SetName): Promise<string | undefined> => {
    const main = await driver.describe(set);
    if (main === undefined || main.interval) return main && 'hash:net';
    return (await driver.describe(prefixSetName(set))) === undefined ? 'hash:ip' : 'hash:net';
  };

  return {
    name: 'nftables',

    async inspect(set) {
      const main = await describe(set);
      if (main === undefined) return undefined;
      const prefixes = await findPrefixes(main);
      let entries = 0;
      if (main.family !== undefined) {
        entries = main.interval
          ? await count(main)
          : (main.count ?? (await listSingles(driver, main)).length);
        if (prefixes !== undefined) entries += await count(prefixes);
      }
      return describePair(set, main, prefixes, entries, await driver.references());
    },

    async members(set, visit) {
      const main = await describe(set);
      if (main?.family === undefined) throw unlistable(table, set, main);
      const batches = new MemberBatches();
      const prefixes = main.interval ? main : await findPrefixes(main);
      if (!main.interval) for (const member of await listSingles(driver, main)) batches.add(member);
      if (prefixes !== undefined) for (const member of await list(prefixes)) batches.add(member);
      await batches.visit(visit);
    },

    test: async (set, address) => {
      const main = await describe(set);
      if (main?.family === undefined) throw unlistable(table, set, main);
      if (address.family !== main.family) return false;
      const prefixes = main.interval ? main : await findPrefixes(main);
      if (!isSingleAddress(address)) {
        // The kernel knows intervals, which prefixes may have been cut into.
        const entries = prefixes === undefined ? [] : await list(prefixes);
        return entries.some((entry) => entry.address.text === address.text);
      }
      const holds = (one: NftSet): Promise<boolean> => inOrder(() => driver.holds(one, address));
      if (await holds(main)) return true;
      return prefixes !== undefined && prefixes !== main && holds(prefixes);
    },

    apply: (changes) => inOrder(() => applyRanges(changes, typeOf, (plain) => router.apply(plain))),

    create: (spec) =>
      inOrder(async () => {
        checkSpec(spec, table);
        const prefixSet = spec.type === 'hash:net' ? prefixSetName(spec.set) : undefined;
        return driver.create({ spec, prefixSet, chain });
      }),

    howToCreate: (set) => howToCreate(table, set),

    close: () => inOrder(() => driver.close()),
  };
}

function unlistable(table: TableAddress, set: SetName, main: NftSet | undefined): VallumError {
  const problem =
    main === undefined
      ? `does not exist in table ${table.family} ${table.table}`
      : `is a ${main.type}, which Vallum does not edit`;
  return new VallumError(`set ${set} ${problem}`, {
    code: 'BACKEND_FAILED',
    operation: 'nft list set',
  });
}

function checkSpec(spec: SetSpec, table: TableAddress): void {
  checkSetSpec(spec);
  const refuse = (problem: string): never => {
    throw new VallumError(`cannot create set ${spec.set}: ${problem}`, {
      code: 'INVALID_ARGUMENT',
      operation: 'nft add set',
    });
  };
  if (spec.type === 'bitmap:ip') refuse('nftables has no bitmap:ip; use hash:ip or hash:net');
  if (!isIdentifier(spec.set)) {
    refuse(
      'nft cannot read such a name: it has letters, digits and _ . / - and starts with a letter',
    );
  }
  if (spec.comments === true) refuse('Vallum keeps no comments in sets of nftables');
  const seen = { inet: undefined, ip: 'ipv4', ip6: 'ipv6' }[table.family];
  if (seen !== undefined && seen !== spec.family) {
    refuse(
      `a table of family ${table.family} never sees ${spec.family === 'ipv4' ? 'IPv4' : 'IPv6'}`,
    );
  }
}
