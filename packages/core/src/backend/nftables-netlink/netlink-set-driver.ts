import type { Address } from '../../address/address.js';
import {
  dump,
  dumpEach,
  EEXIST,
  EPERM,
  MessageWriter,
  NetlinkError,
  type Acknowledgement,
  type NetlinkConnection,
} from '../../netlink/index.js';
import type { BatchContext, Renewal } from './element-batch.js';
import type { ColumnVerdicts } from '../column-verdicts.js';
import { MemberBatches } from '../member-batches.js';
import { ElementChanger, newLimits } from './element-changer.js';
import { prepareIntervals } from './interval-transaction.js';
import { NftSession } from './nft-session.js';
import {
  joinBoundaries,
  readBoundaries,
  readLookups,
  readSingles,
  type Boundary,
  type RuleLookup,
} from './read-answers.js';
import { refused } from './refusal.js';
import { allowChainName, DROP_HOOKS, dropChainName, setsBehind } from '../nftables/drop-table.js';
import { sumOf } from '../nftables/describe-pair.js';
import type {
  CreatePlan,
  ElementChanges,
  NftElement,
  NftSet,
  SetDriver,
  SetUse,
} from '../nftables/set-driver.js';
import type { TableAddress } from '../nftables/table-address.js';
import { writeChain, writeDropRule, writeJumpRule, writeSet, writeTable } from './write-create.js';
import { writeGetElements, writeGetRules } from './write-requests.js';

const QUESTION_LENGTH = 1024;
/** Table, two sets, three chains and six rules. */
const CREATE_LENGTH = 16_384;

/** Reaches the sets of one table over netlink. */
export class NetlinkSetDriver implements SetDriver {
  readonly intervalChangesAtOnce = { first: 4096, most: 16_384 };
  readonly #connect: () => NetlinkConnection;
  readonly #table: TableAddress;
  readonly #session: NftSession;
  readonly #context: BatchContext;
  readonly #limits = newLimits();

  constructor(connect: () => NetlinkConnection, table: TableAddress, renewal: Renewal) {
    this.#connect = connect;
    this.#table = table;
    this.#session = new NftSession(connect(), table);
    this.#context = { connection: this.#session.connection, table, renewal };
  }

  /** What the kernel calls whose changes these are. */
  get portId(): number {
    return this.#session.connection.portId;
  }

  describe(name: string): Promise<NftSet | undefined> {
    return this.#ask(() => this.#session.describe(name));
  }

  recall(name: string): NftSet | undefined {
    return this.#session.recall(name);
  }

  forget(name: string): void {
    this.#session.forget(name);
  }

  epoch(): Promise<number> {
    return this.#ask(() => this.#session.epoch());
  }

  async singles({ name, family }: NftSet): Promise<MemberBatches> {
    const writer = new MessageWriter(QUESTION_LENGTH);
    let batches = new MemberBatches();
    const end = await dumpEach(
      this.#connect,
      (sequence) => writeGetElements(writer, this.#table, sequence, name),
      () => {
        batches = new MemberBatches();
        return (message) => {
          if (family !== undefined) readSingles(message, family, batches);
        };
      },
    );
    if (end.errno === 0) return batches;
    throw refused('nft list set', name, end);
  }

  async intervals({ name, family }: NftSet): Promise<NftElement[]> {
    const writer = new MessageWriter(QUESTION_LENGTH);
    const outcome = await dump<Boundary>(
      this.#connect,
      (sequence) => writeGetElements(writer, this.#table, sequence, name),
      readBoundaries,
    );
    if (!outcome.ok) throw refused('nft list set', name, outcome.refusal);
    return family === undefined ? [] : joinBoundaries(outcome.items, family);
  }

  holds({ name }: NftSet, address: Address): Promise<boolean> {
    return this.#ask(() => this.#session.holds(name, address));
  }

  async uses(): Promise<ReadonlyMap<string, SetUse>> {
    return (await this.#rules()).uses;
  }

  /** What rules make of each set, and which chains hold rules. */
  async #rules(): Promise<ExistingRules> {
    const writer = new MessageWriter(QUESTION_LENGTH);
    const outcome = await dump<RuleLookup>(
      this.#connect,
      (sequence) => writeGetRules(writer, this.#table, sequence),
      readLookups,
    );
    if (!outcome.ok) throw refused('nft list rules', this.#table.table, outcome.refusal);
    const uses = new Map<string, SetUse>();
    const chains = new Set<string>();
    for (const { chain, set, dropped } of outcome.items) {
      chains.add(chain);
      if (set === undefined) continue;
      const before = uses.get(set);
      const counted = sumOf(before?.dropped, dropped);
      uses.set(set, {
        rules: (before?.rules ?? 0) + 1,
        ...(counted === undefined ? {} : { dropped: counted }),
      });
    }
    return { uses, chains };
  }

  changeElements(elements: ElementChanges, verdicts: ColumnVerdicts): Promise<void> {
    const { length } = elements.rows;
    if (length === 0) return Promise.resolve();
    return new ElementChanger(
      this.#session,
      this.#context,
      this.#limits,
      elements,
      verdicts,
    ).apply();
  }

  async prepareIntervals(
    ...[set, removed, added, nowMs]: Parameters<SetDriver['prepareIntervals']>
  ): ReturnType<SetDriver['prepareIntervals']> {
    const { family } = set;
    if (family === undefined) throw new NetlinkError(`set ${set.name} holds no addresses`, 'nft');
    return prepareIntervals(this.#session, set, family, removed, added, nowMs);
  }

  async create(plan: CreatePlan): Promise<'created' | 'exists'> {
    for (;;) {
      if ((await this.describe(plan.spec.set)) !== undefined) return 'exists';
      const rules = plan.chain === undefined ? NO_RULES : await this.#rules();
      const writer = new MessageWriter(CREATE_LENGTH);
      const transaction = this.#session.begin(writer);
      this.#writeCreate(writer, plan, rules);
      const outcome = await this.#session.commit(transaction, false);
      if (outcome === 'stale') continue;
      const failure = worst(outcome);
      if (failure === undefined) return 'created';
      if (failure.errno === EEXIST && (await this.describe(plan.spec.set)) !== undefined) {
        return 'exists';
      }
      throw refused('nft add set', plan.spec.set, failure);
    }
  }

  close(): Promise<void> {
    this.#session.connection.close();
    return Promise.resolve();
  }

  /** Asks the kernel something when the connection is free. */
  #ask<Value>(question: () => Value): Promise<Value> {
    return this.#session.inTurn(async () => Promise.resolve(question()));
  }

  #writeCreate(writer: MessageWriter, plan: CreatePlan, there: ExistingRules): void {
    const { connection } = this.#session;
    const { spec, chain: base } = plan;
    const next = (): number => connection.nextSequence();
    const table = this.#table;
    writeTable(writer, table, next());
    const sets = setsBehind(spec);
    for (const [index, set] of sets.entries()) {
      writeSet(writer, table, next(), plan, { ...set, exclusive: !set.interval }, index + 1);
    }
    if (base === undefined) return;
    const allow = allowChainName(base);
    writeChain(writer, table, next(), allow, undefined);
    for (const hook of DROP_HOOKS) {
      const chain = dropChainName(base, hook);
      writeChain(writer, table, next(), chain, hook);
      if (!there.chains.has(chain)) writeJumpRule(writer, table, next(), chain, allow);
      for (const { name } of sets) {
        // Rules may be there without the set only where they look up the set for prefixes.
        if (there.uses.has(name)) continue;
        writeDropRule(writer, table, next(), chain, name, spec.family);
      }
    }
  }
}

interface ExistingRules {
  readonly uses: ReadonlyMap<string, SetUse>;
  /** Chains with rules. */
  readonly chains: ReadonlySet<string>;
}
const NO_RULES: ExistingRules = { uses: new Map(), chains: new Set() };

/** The error that says most: one of the missing right outweighs what follows from it. */
function worst(errors: readonly Acknowledgement[]): Acknowledgement | undefined {
  return errors.find(({ errno }) => errno === EPERM) ?? errors[0];
}
