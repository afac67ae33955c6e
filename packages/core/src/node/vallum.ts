import { Enforcer } from '../enforce/enforcer.js';
import type { Explanation } from '../enforce/explain.js';
import type { LeaseRecord } from '../enforce/lease-record.js';
import type { ProtectReport } from '../enforce/protect-report.js';
import type { ReconcileSummary, Report } from '../enforce/report.js';
import type { Audience } from '../enforce/telling.js';
import { Journal } from '../journal/journal.js';
import type { LedgerStore } from '../journal/store.js';
import { createVolatileStore } from '../journal/volatile-store.js';
import type { Command } from '../message/command.js';
import type { ListedLease } from '../message/reply.js';
import { topicFilters, type Binding } from '../message/topic.js';
import { PROTECT_SET } from '../policy/fleet-protection.js';
import { PolicyKeeper } from '../policy/policy-keeper.js';
import type { ProtectedEntry } from '../policy/protect-list.js';
import { readSetPolicies } from '../policy/set-policy.js';
import { watchClock } from '../system/clock-steps.js';
import { systemClock, type SteadyClock } from '../system/clock.js';
import type { ConnectionState, Subscription, Transport } from '../transport/transport.js';
import { VallumError } from '../words/errors.js';
import type { SetName } from '../words/names.js';
import { Asking } from './asking.js';
import { Books } from './books.js';
import type { Confirmation, ConfirmOptions } from './confirming.js';
import { FleetQuestions } from './fleet-questions.js';
import { Inspection } from './inspection.js';
import { NodeEvents } from './node-events.js';
import { OtherNodes } from './other-nodes.js';
import { OwnStamps } from './own-stamps.js';
import { boundSets, readBindings } from './read-bindings.js';
import { protectAudience } from './protection.js';
import { Protecting } from './protecting.js';
import { Receiving } from './receiving.js';
import type {
  BanOptions,
  LeasesOptions,
  ProtectOptions,
  UnbanOptions,
  Vallum,
  VallumEvents,
  VallumOptions,
  VallumStatus,
} from './vallum-types.js';

const DEFAULT_CHECK_INTERVAL_MS = 10_000;

/**
 * Makes a node: one that bans through others (transport, no backend), one that enforces here
 * (backend, no transport), or both. Resolves once the ledger is read and the sets are looked at;
 * the broker is connected to in the background, for ever. Listeners to `report` and the like are
 * attached through `options.listeners`, where the first events must not be missed.
 *
 * @throws VallumError `INVALID_ARGUMENT` for unusable options, `STORE_FAILED` for a ledger that
 *   cannot be read; a set or broker that is missing is no error but an event
 */
export async function createVallum(options: VallumOptions): Promise<Vallum> {
  const node = new Node(options);
  await node.start();
  return node;
}

class Node implements Vallum {
  readonly #options: VallumOptions;
  readonly #store: LedgerStore;
  readonly #clock: SteadyClock;
  readonly #stamps: OwnStamps;
  readonly #events: NodeEvents;
  readonly #audience: Audience;
  /** Hears of the fleet's protect list. */
  readonly #protectAudience: Audience;
  readonly #policy: PolicyKeeper;
  readonly #enforcer: Enforcer | undefined;
  readonly #books: Books;
  readonly #receiving: Receiving;
  readonly #others: OtherNodes | undefined;
  /** undefined: there is no transport, or it is not wanted. */
  readonly #protecting: Protecting | undefined;
  readonly #asking: Asking;
  readonly #inspection: Inspection;
  readonly #questions: FleetQuestions;
  #bindings: readonly Binding[];
  #connection: VallumStatus['connection'] = 'none';
  #unwatchClock: (() => void) | undefined;
  #closed = false;

  constructor(options: VallumOptions) {
    if (!options.backend && !options.transport) {
      throw new VallumError('createVallum needs a backend, a transport, or both', {
        code: 'INVALID_ARGUMENT',
        operation: 'createVallum',
      });
    }
    this.#options = options;
    this.#store = options.store ?? createVolatileStore();
    this.#clock = options.deps?.clock ?? systemClock;
    this.#stamps = new OwnStamps(this.#clock);
    this.#bindings = readBindings(options.topics);
    this.#events = new NodeEvents(options.listeners);
    this.#audience = {
      all: options.reportEntries === 'all',
      report: (report) => this.#events.emit('report', report),
      summary: (summary) => this.#events.emit('summary', summary),
    };
    this.#protectAudience = protectAudience(this.#events);
    const warn = (sentence: string) => this.#events.emit('warning', sentence);
    this.#protecting = this.#makeProtecting();
    this.#policy = new PolicyKeeper(
      options.policy,
      this.#clock,
      (policy) => {
        this.#enforcer?.setPolicy(policy);
      },
      warn,
    );
    this.#books = new Books(
      this.#clock,
      () => this.status(),
      () => this.#events.emit('books'),
    );
    this.#enforcer = options.backend && this.#makeEnforcer(options.backend, warn);
    this.#receiving = new Receiving(
      {
        ...{ enforcer: this.#enforcer, events: this.#events, clock: this.#clock },
        ...{ stamps: this.#stamps, audience: this.#audience },
        audienceOf: (set) => this.#audienceOf(set),
        isForNodes: (message) => this.#others?.receive(message) === true,
      },
      this.#readTopics,
    );
    this.#inspection = new Inspection(this.#enforcer, () => this.#bindings);
    this.#others = options.transport && this.#makeOthers(options.transport);
    this.#questions = new FleetQuestions(
      this.#others?.questioning,
      () => this.#bindings,
      this.#clock,
    );
    this.#asking = new Asking({
      ...{ enforcer: this.#enforcer, transport: options.transport, origin: options.origin },
      ...{ clock: this.#clock, stamps: this.#stamps, audience: this.#audience },
    });
  }

  #makeEnforcer(
    backend: NonNullable<VallumOptions['backend']>,
    warn: (sentence: string) => void,
  ): Enforcer {
    const { limits, rememberSeconds } = this.#options;
    return new Enforcer({
      backend,
      journal: new Journal(this.#store, warn, () => this.#clock.monotonicMs()),
      clock: this.#clock,
      policy: this.#policy.policy,
      ledger: {
        ...(limits === undefined ? {} : { limits }),
        ...(rememberSeconds === undefined ? {} : { rememberSeconds }),
      },
      sets: boundSets(this.#bindings),
      create: this.#options.create,
      policies: readSetPolicies(this.#options.policies ?? {}, boundSets(this.#bindings)),
      ...(this.#keepsList ? { fleet: this.#fleet } : {}),
      checkIntervalMs: this.#options.checkIntervalMs ?? DEFAULT_CHECK_INTERVAL_MS,
      audience: this.#audience,
      restored: (latestStamp) => {
        this.#stamps.follow(latestStamp);
      },
      setChanged: (state) => this.#events.emit('set', state),
      reconciled: (summary) => this.#events.emit('reconciled', summary),
      checked: () => this.#events.emit('checked'),
      worked: () => this.#events.emit('worked'),
      booksChanged: () => {
        this.#books.touch();
      },
      merged: (set) => {
        this.#others?.changed(set);
      },
      warn,
    });
  }

  /** Where nobody can add to it, as in a look at a journal, only if it is asked for. */
  get #keepsList(): boolean {
    const { protection, transport } = this.#options;
    return protection !== false && (transport !== undefined || protection !== undefined);
  }

  get #fleet() {
    return {
      audience: this.#protectAudience,
      changed: (entries: readonly ProtectedEntry[]) => {
        this.#policy.protectFleet(entries);
      },
    };
  }

  #makeProtecting(): Protecting | undefined {
    const { protection = {}, transport, origin } = this.#options;
    if (protection === false || transport === undefined) return undefined;
    return new Protecting({
      ...{ protection, transport, origin },
      ...{ clock: this.#clock, stamps: this.#stamps, events: this.#events },
      audience: this.#protectAudience,
      isHeard: (topic) => this.#others?.isHeard(topic),
      changed: () => {
        this.#others?.reconfigure(this.#boundTopics);
        this.#subscribe();
      },
    });
  }

  /** Where what topics bring goes: into sets, and where it is kept into the fleet's protect list. */
  get #boundTopics(): readonly Binding[] {
    if (this.#options.backend === undefined) return this.#bindings;
    return [...this.#bindings, ...(this.#protecting?.membership.bindings ?? [])];
  }

  /** What still comes for the list counts, also while the broker is not asked for it. */
  get #readTopics(): readonly Binding[] {
    if (this.#options.backend === undefined || !this.#protecting) return this.#bindings;
    return [...this.#bindings, this.#protecting.binding];
  }

  #audienceOf(set: SetName): Audience {
    return set === PROTECT_SET ? this.#protectAudience : this.#audience;
  }

  #makeOthers(transport: Transport): OtherNodes {
    return new OtherNodes({
      ...{ options: this.#options, transport, enforcer: this.#enforcer, store: this.#store },
      ...{ clock: this.#clock, events: this.#events },
      bindings: () => this.#boundTopics,
      audienceOf: (set) => this.#audienceOf(set),
      apart: this.#protecting && {
        topic: this.#protecting.binding.topic,
        sent: () => this.#protecting?.membership.sent(),
      },
      twin: () => this.#protecting?.twin(),
      isEchoNews: (topic) => this.#protecting?.membership.isNews(topic) !== false,
      describe: () => ({ ...this.status() }),
      booksChanged: () => {
        this.#books.touch();
      },
      resubscribe: () => {
        this.#subscribe();
      },
    });
  }

  get #filters(): readonly (string | Subscription)[] {
    return [
      ...(this.#enforcer ? topicFilters(this.#boundTopics) : []),
      ...(this.#others?.subscriptions ?? []),
    ];
  }

  #subscribe(): void {
    this.#options.transport?.subscribe(this.#filters);
  }

  async start(): Promise<void> {
    if (this.#enforcer) {
      // Protection stands before the first ban can come.
      await this.#policy.start();
      try {
        await this.#enforcer.start();
      } catch (error) {
        this.#policy.close();
        throw error;
      }
      this.#unwatchClock = watchClock(this.#clock, (byMs) => {
        void this.#enforcer?.clockStepped(byMs);
        if (byMs < 0) this.#stamps.setBack();
        this.#others?.clockStepped();
        this.#protecting?.clockStepped();
      });
    }
    const { transport } = this.#options;
    if (!transport) {
      this.#enforcer?.lookFirst();
      return;
    }
    if (this.#enforcer) this.#subscribe();
    this.#connection = 'disconnected';
    transport.open({
      message: async (message) => {
        for (const condition of await this.#receiving.receive([message])) await condition;
      },
      messages: (messages) => this.#receiving.receive(messages),
      dialling: (addresses) => this.#protectBroker(addresses),
      connection: (state) => {
        this.#connect(state);
      },
      subscription: (filter, outcome) => {
        this.#events.emit('subscription', filter, outcome);
        this.#protecting?.membership.subscribed(filter, outcome === 'granted');
        this.#others?.subscribed(filter, outcome === 'granted');
        this.#enforcer?.lookFirst();
      },
      warning: (text) => {
        this.#events.emit('warning', text);
      },
    });
    if (this.#enforcer) this.#protecting?.start(this.#enforcer);
  }

  ban(addresses: string | readonly string[], options: BanOptions = {}): Promise<Report[]> {
    return this.#ask('ban', addresses, options);
  }

  unban(addresses: string | readonly string[], options: UnbanOptions = {}): Promise<Report[]> {
    return this.#ask('unban', addresses, options);
  }

  async protect(
    addresses: string | readonly string[],
    options: ProtectOptions = {},
  ): Promise<ProtectReport[]> {
    return this.#protector('protect').ask('ban', addresses, options);
  }

  async unprotect(
    addresses: string | readonly string[],
    options: Omit<UnbanOptions, 'set'> = {},
  ): Promise<ProtectReport[]> {
    return this.#protector('unprotect').ask('unban', addresses, options);
  }

  #protector(operation: string): Protecting {
    if (this.#closed) throw new VallumError('this Vallum is closed', { code: 'CLOSED', operation });
    if (this.#protecting !== undefined) return this.#protecting;
    throw new VallumError("this Vallum has no part in the fleet's protect list", {
      ...{ code: 'INVALID_ARGUMENT', operation },
    });
  }

  async confirm(
    addresses: string | readonly string[],
    options: ConfirmOptions = {},
  ): Promise<Confirmation> {
    return this.#questions.confirm(addresses, options);
  }

  async fleet(options?: Parameters<Vallum['fleet']>[0]): ReturnType<Vallum['fleet']> {
    return this.#questions.fleet(options);
  }

  async leasesOf(
    origin: string,
    options?: Parameters<Vallum['leasesOf']>[1],
  ): Promise<readonly string[]> {
    return this.#questions.leasesOf(origin, options);
  }

  async fleetProtection(
    options?: Parameters<Vallum['fleetProtection']>[0],
  ): Promise<readonly ListedLease[]> {
    return this.#questions.listing(this.#protector('ask what is protected').binding, options);
  }

  on<Event extends keyof VallumEvents>(
    event: Event,
    listener: (...args: VallumEvents[Event]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  status(): VallumStatus {
    const lagMs = this.#others?.lagMs;
    return {
      connection: this.#connection,
      sets: this.#enforcer?.status() ?? [],
      ledgers: this.#others?.status() ?? [],
      ...(this.#enforcer && this.#protecting?.status(this.#enforcer)),
      ...(lagMs === undefined ? {} : { lagMs }),
      ...(this.#options.transport ? { queues: this.#queues(this.#options.transport) } : {}),
    };
  }

  #queues({ outbox }: Transport): NonNullable<VallumStatus['queues']> {
    return {
      incoming: this.#receiving.waiting,
      ...(outbox === undefined ? {} : { outgoing: outbox }),
    };
  }

  leases(set: string, options: LeasesOptions = {}): AsyncIterable<LeaseRecord> {
    return this.#inspection.leases(set, options);
  }

  explain(address: string, options: { readonly set?: string } = {}): Promise<Explanation> {
    return this.#inspection.explain(address, options.set);
  }

  digest(set: string): string {
    return this.#inspection.digest(set);
  }

  count(set: string): number {
    return this.#inspection.count(set);
  }

  async reconcile(): Promise<readonly ReconcileSummary[]> {
    const differed: ReconcileSummary[] = [];
    const stop = this.on('reconciled', (summary) => differed.push(summary));
    this.#others?.announce();
    try {
      await this.#enforcer?.reconcile();
    } finally {
      stop();
    }
    return differed;
  }

  async reconfigure(
    options: Pick<VallumOptions, 'topics' | 'policy' | 'policies' | 'create'>,
  ): Promise<void> {
    const bindings = readBindings(options.topics);
    const policies = readSetPolicies(options.policies ?? {}, boundSets(bindings));
    await this.#policy.reconfigure(options.policy);
    this.#bindings = bindings;
    this.#receiving.reconfigure(this.#readTopics);
    if (!this.#enforcer) return;
    this.#others?.reconfigure(this.#boundTopics);
    this.#subscribe();
    await this.#enforcer.reconfigure(boundSets(bindings), options.create, policies);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwatchClock?.();
    if (this.#connection === 'connected') {
      await Promise.all([this.#asking.finish(), this.#protecting?.finish()]);
    }
    this.#protecting?.close();
    this.#others?.close();
    await this.#receiving.stop();
    await this.#options.transport?.close();
    this.#policy.close();
    await this.#enforcer?.close();
    this.#books.close();
  }

  async #ask(
    action: Command['action'],
    addresses: string | readonly string[],
    options: BanOptions,
  ): Promise<Report[]> {
    if (this.#closed) {
      throw new VallumError('this Vallum is closed', { code: 'CLOSED', operation: action });
    }
    return this.#asking.ask(action, addresses, options, this.#bindings);
  }

  /** Also lifts a ban of the broker that stands from before. */
  async #protectBroker(addresses: readonly string[]): Promise<void> {
    this.#policy.protectBroker(addresses);
    await this.#enforcer?.policyApplied();
  }

  #connect(state: ConnectionState): void {
    this.#connection = state.state;
    if (state.state === 'connected') {
      this.#policy.protectBroker(state.brokerAddresses);
      if (this.#enforcer) this.#protecting?.connected();
      this.#others?.connected(this.#filters);
    } else {
      // Before what is known of its echo is judged again.
      if (this.#enforcer) this.#protecting?.disconnected();
      this.#others?.disconnected();
    }
    this.#events.emit('connection', state);
  }
}
