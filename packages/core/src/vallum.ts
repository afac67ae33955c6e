import { EventEmitter } from 'node:events';
import type { Address } from './address/address.js';
import { Enforcer } from './enforce/enforcer.js';
import { nowUnix } from './enforce/context.js';
import type { Request } from './enforce/work.js';
import { VallumError } from './errors.js';
import { createVolatileStore } from './ledger/volatile-store.js';
import type { Command } from './message/command.js';
import { decode } from './message/decode.js';
import { parseBinding, topicFilters, type Binding } from './message/topic.js';
import { readRequests } from './read-requests.js';
import { PolicyKeeper } from './policy-keeper.js';
import { publishCommands } from './publish-commands.js';
import type { Report } from './report.js';
import { systemClock } from './system/clock.js';
import type { ConnectionState, TransportMessage } from './transport/transport.js';
import type {
  BanOptions,
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
  readonly #events = new EventEmitter();
  readonly #policy: PolicyKeeper;
  readonly #enforcer: Enforcer | undefined;
  #bindings: readonly Binding[];
  #connection: VallumStatus['connection'] = 'none';
  #closed = false;

  constructor(options: VallumOptions) {
    if (!options.backend && !options.transport) {
      throw new VallumError('createVallum needs a backend, a transport, or both', {
        code: 'INVALID_ARGUMENT',
        operation: 'createVallum',
      });
    }
    this.#options = options;
    this.#bindings = readBindings(options.topics);
    for (const [event, listener] of Object.entries(options.listeners ?? {})) {
      this.#events.on(event, listener as (...args: unknown[]) => void);
    }
    const clock = options.deps?.clock ?? systemClock;
    this.#policy = new PolicyKeeper(options.policy, clock, (policy) => {
      this.#enforcer?.setPolicy(policy);
    });
    this.#enforcer =
      options.backend &&
      new Enforcer({
        backend: options.backend,
        store: options.store ?? createVolatileStore(),
        clock,
        policy: this.#policy.policy,
        sets: boundSets(this.#bindings),
        create: options.create,
        checkIntervalMs: options.checkIntervalMs ?? DEFAULT_CHECK_INTERVAL_MS,
        report: (report) => this.#emit('report', report),
        setChanged: (state) => this.#emit('set', state),
        reconciled: (summary) => this.#emit('reconciled', summary),
        warn: (sentence) => this.#emit('warning', sentence),
      });
  }

  async start(): Promise<void> {
    if (this.#enforcer) {
      // Protection stands before the first ban can come.
      await this.#policy.start();
      await this.#enforcer.start();
    }
    const { transport } = this.#options;
    if (!transport) return;
    if (this.#enforcer) transport.subscribe(topicFilters(this.#bindings));
    this.#connection = 'disconnected';
    transport.open({
      message: (message) => this.#receive(message),
      connection: (state) => {
        this.#connect(state);
      },
      subscription: (filter, outcome) => {
        this.#emit('subscription', filter, outcome);
      },
    });
  }

  ban(addresses: string | readonly string[], options: BanOptions = {}): Promise<Report[]> {
    return this.#ask('ban', addresses, options);
  }

  unban(addresses: string | readonly string[], options: UnbanOptions = {}): Promise<Report[]> {
    return this.#ask('unban', addresses, options);
  }

  on<Event extends keyof VallumEvents>(
    event: Event,
    listener: (...args: VallumEvents[Event]) => void,
  ): () => void {
    this.#events.on(event, listener as (...args: unknown[]) => void);
    return () => {
      this.#events.off(event, listener as (...args: unknown[]) => void);
    };
  }

  status(): VallumStatus {
    return { connection: this.#connection, sets: this.#enforcer?.status() ?? [] };
  }

  async reconfigure(options: Pick<VallumOptions, 'topics' | 'policy' | 'create'>): Promise<void> {
    const bindings = readBindings(options.topics);
    await this.#policy.reconfigure(options.policy);
    this.#bindings = bindings;
    if (!this.#enforcer) return;
    this.#options.transport?.subscribe(topicFilters(bindings));
    await this.#enforcer.reconfigure(boundSets(bindings), options.create);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#options.transport?.close();
    this.#policy.close();
    await this.#enforcer?.close();
  }

  async #ask(
    action: Command['action'],
    addresses: string | readonly string[],
    options: BanOptions,
  ): Promise<Report[]> {
    if (this.#closed) {
      throw new VallumError('this Vallum is closed', { code: 'CLOSED', operation: action });
    }
    const read = readRequests(action, addresses, {
      ...options,
      binding: this.#binding(options.set),
      origin: options.origin ?? this.#options.origin,
      nowUnix: nowUnix(this.#options.deps?.clock ?? systemClock),
    });
    const requests = read.flatMap((item) => ('command' in item ? [item] : []));
    const outcomes = this.#enforcer ? await this.#enforcer.submit(requests).reports : [];
    // Where this node refuses or fails, others may still want to know; what policy forbids here
    // (a protected address, a prefix too wide) is not sent.
    const toSend = requests.filter((_, index) => outcomes[index]?.outcome !== 'refused');
    const { transport } = this.#options;
    if (transport) {
      await publishCommands(transport, this.#binding(options.set), action, toSend);
    }
    const done = outcomes[Symbol.iterator]();
    return read.map((item) => {
      const report = 'command' in item ? (done.next().value ?? published(item)) : item;
      if (!this.#enforcer || report.outcome === 'rejected') this.#emit('report', report);
      return report;
    });
  }

  #binding(set: string | undefined): Binding {
    const [first, ...others] = this.#bindings;
    const found = set === undefined ? first : this.#bindings.find((b) => b.set === set);
    if (!found || (set === undefined && others.length > 0)) {
      const known = boundSets(this.#bindings).join(', ');
      throw new VallumError(
        set === undefined
          ? `name the set: this Vallum serves ${known}`
          : `set ${JSON.stringify(set)} is none that this Vallum serves: ${known}`,
        { code: 'INVALID_ARGUMENT', operation: 'choose the set' },
      );
    }
    return found;
  }

  async #receive(message: TransportMessage): Promise<void> {
    const clock = this.#options.deps?.clock ?? systemClock;
    const { commands, rejections } = decode(message, this.#bindings, nowUnix(clock));
    for (const { code, place, input, detail } of rejections) {
      const via = message.topic;
      this.#emit('report', { outcome: 'rejected', via, place, code, input, detail });
    }
    const requests: Request[] = commands.map((placed) => ({ ...placed, via: message.topic }));
    await this.#enforcer?.submit(requests).kept;
  }

  #connect(state: ConnectionState): void {
    this.#connection = state.state;
    if (state.state === 'connected') this.#policy.protectBroker(state.brokerAddresses ?? []);
    this.#emit('connection', state);
  }

  #emit<Event extends keyof VallumEvents>(event: Event, ...args: VallumEvents[Event]): void {
    this.#events.emit(event, ...args);
  }
}

function published({ command, via }: Request): Report {
  const { action, set, address, origin } = command;
  return {
    outcome: 'published',
    action,
    via,
    set,
    address: address.text,
    ...(origin === undefined ? {} : { origin }),
    ...(command.action === 'ban' && command.reason !== undefined ? { reason: command.reason } : {}),
  };
}

function readBindings(topics: VallumOptions['topics']): Binding[] {
  if (topics.length === 0) {
    throw new VallumError('give at least one topic', {
      code: 'INVALID_ARGUMENT',
      operation: 'read the topics',
    });
  }
  return topics.map((topic) => {
    if (typeof topic !== 'string') return topic;
    const binding = parseBinding(topic);
    if (binding.ok) return binding.value;
    throw new VallumError(`topic ${JSON.stringify(topic)}: ${binding.detail}`, {
      code: 'INVALID_ARGUMENT',
      operation: 'read the topics',
    });
  });
}

function boundSets(bindings: readonly Binding[]) {
  return [...new Set(bindings.map(({ set }) => set))];
}
