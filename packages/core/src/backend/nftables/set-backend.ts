import { isSingleAddress, type Address } from '../../address/address.js';
import { VallumError } from '../../words/errors.js';
import type { SetName } from '../../words/names.js';
import type { Clock } from '../../system/clock.js';
import { applyAsColumns } from '../apply-as-columns.js';
import { applyBySet } from '../apply-by-set.js';
import { applyRanges } from '../apply-ranges.js';
import type {
  Backend,
  ChangeColumns,
  ChangeVerdicts,
  DropCount,
  SetInfo,
  SetSpec,
} from '../backend.js';
import { checkSetSpec } from '../check-set-spec.js';
import { Lanes } from '../lanes.js';
import { MemberBatches } from '../member-batches.js';
import { mainSetName, prefixSetName } from './companion-name.js';
import { describePair, droppedBy, type Pair } from './describe-pair.js';
import { tableSees } from './drop-table.js';
import { howToCreate } from './how-to-create.js';
import { IntervalEditor } from './interval-editor.js';
import { listSingles } from './list-singles.js';
import { intervalOf } from '../../address/position.js';
import { routeChanges, type RouterParts } from './route-changes.js';
import type { NftSet, SetDriver } from './set-driver.js';
import { isIdentifier, type TableAddress } from './table-address.js';

export interface SetBackendParts {
  readonly driver: SetDriver;
  readonly table: TableAddress;
  /** undefined: `create` makes sets only. */
  readonly chain: string | undefined;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Gets the name of each set that is asked about. */
  readonly known?: Set<SetName>;
  /** True where the driver's `uses` tell what rules have dropped, and cost no process. */
  readonly readsDrops?: boolean;
}

/** The backend for sets of nftables, whatever drives them. */
export function createSetBackend(parts: SetBackendParts): Backend {
  const { driver, table, chain, clock, known, readsDrops = false } = parts;
  const intervals = new IntervalEditor(driver, clock);
  const router: RouterParts = { driver, intervals, table, clock };
  const lanes = new Lanes();
  // What `blacklist` keeps prefixes in may be bound as a set of its own, too.
  const inLane = <Value>(set: SetName, work: () => Promise<Value>): Promise<Value> => {
    known?.add(set);
    return lanes.run(mainSetName(set), work);
  };

  const findPrefixes = async (main: NftSet): Promise<NftSet | undefined> => {
    if (main.interval) return undefined;
    const prefixes = await driver.describe(prefixSetName(main.name));
    return prefixes?.interval === true && prefixes.family === main.family ? prefixes : undefined;
  };
  const typeOf = async (set: SetName): Promise<string | undefined> => {
    const main = await driver.describe(set);
    if (main === undefined || main.interval) return main && 'hash:net';
    return (await driver.describe(prefixSetName(set))) === undefined ? 'hash:ip' : 'hash:net';
  };
  const applyInLane = (columns: ChangeColumns): Promise<ChangeVerdicts> =>
    routeChanges(router, columns);

  /** Of each set that was found, the sets of nftables behind it. */
  const pairs = new Map<SetName, Pair>();
  // Reading an interval set replaces what is remembered of it, which changes plan on: in the lane.
  const look = async (set: SetName): Promise<SetInfo | undefined> => {
    const main = await driver.describe(set);
    const prefixes = main && (await findPrefixes(main));
    if (main === undefined) {
      pairs.delete(set);
      return undefined;
    }
    pairs.set(set, { main, prefixes });
    let entries = 0;
    if (main.family !== undefined) {
      entries = main.interval
        ? await intervals.count(main)
        : (main.count ?? (await listSingles(driver, main)).length);
      if (prefixes !== undefined) entries += await intervals.count(prefixes);
    }
    return describePair(set, { main, prefixes }, entries, await driver.uses());
  };
  // In no lane: whoever asks how things are is not to wait for a million bans.
  const drops = async (sets: readonly SetName[]): Promise<ReadonlyMap<SetName, DropCount>> => {
    const uses = await driver.uses();
    const found = new Map<SetName, DropCount>();
    for (const set of sets) {
      const pair = pairs.get(set);
      const dropped = pair && droppedBy(pair, uses);
      if (dropped !== undefined) found.set(set, dropped);
    }
    return found;
  };
  const list = async (set: SetName): Promise<MemberBatches> => {
    const main = await driver.describe(set);
    if (main?.family === undefined) throw unlistable(table, set, main);
    const prefixes = main.interval ? main : await findPrefixes(main);
    const batches = main.interval ? new MemberBatches() : await listSingles(driver, main);
    if (prefixes !== undefined) await intervals.list(prefixes, batches);
    return batches;
  };
  const test = async (set: SetName, address: Address): Promise<boolean> => {
    const main = await driver.describe(set);
    if (main?.family === undefined) throw unlistable(table, set, main);
    if (address.family !== main.family) return false;
    const prefixes = main.interval ? main : await findPrefixes(main);
    if (!isSingleAddress(address)) {
      // The kernel knows intervals, which prefixes may have been cut into.
      const prefix = { ...intervalOf(address), prefixLength: address.prefixLength };
      return prefixes !== undefined && intervals.holds(prefixes, prefix);
    }
    if (await driver.holds(main, address)) return true;
    return prefixes !== undefined && prefixes !== main && driver.holds(prefixes, address);
  };

  return {
    name: 'nftables',
    inspect: (set) => inLane(set, () => look(set)),
    ...(readsDrops ? { drops } : {}),
    members: async (set, visit) => {
      const batches = await inLane(set, () => list(set));
      await batches.visit(visit);
    },
    test: (set, address) => inLane(set, () => test(set, address)),
    apply: (changes) =>
      applyBySet(changes, (set, own) =>
        inLane(set, () => applyRanges(own, typeOf, (plain) => applyAsColumns(plain, applyInLane))),
      ),
    applyColumns: (columns) => inLane(columns.set, () => applyInLane(columns)),
    create: (spec) =>
      inLane(spec.set, async () => {
        checkSpec(spec, table);
        return driver.create({ spec, chain });
      }),
    howToCreate: (set) => howToCreate(table, set),
    close: () => lanes.close(() => driver.close()),
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
  if (!tableSees(table.family, spec.family)) {
    refuse(
      `a table of family ${table.family} never sees ${spec.family === 'ipv4' ? 'IPv4' : 'IPv6'}`,
    );
  }
}
