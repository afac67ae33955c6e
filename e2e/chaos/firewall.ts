import { BlockList, isIPv6 } from 'node:net';
import {
  createNamespace,
  createWallClock,
  type Namespace,
  type RunningProcess,
  type WallClock,
} from '@vallum/test-kit';
import { startVallumd } from '../support/programs.js';
import { makeSmallDisk, type SmallDisk } from '../support/small-disk.js';
import type { Sight } from './compare.js';
import type { Profile } from './roster.js';
import { SET } from './sets/kernel-sets.js';
import { HUB_ADDRESS, type Hub } from './hub.js';

const KEPT_LOG_CHARACTERS = 20_000;

/** One firewall: a network namespace, kernel sets, a small disk for the state, a clock, a vallumd. */
export class Firewall {
  readonly name: string;
  readonly #protected = new BlockList();
  #process: RunningProcess | undefined;
  #earlierLog = '';

  private constructor(
    readonly profile: Profile,
    readonly namespace: Namespace,
    readonly disk: SmallDisk,
    readonly hub: Hub,
    private readonly clock: WallClock | undefined,
  ) {
    this.name = profile.name;
    for (const { address, length } of profile.protects) this.#protected.addSubnet(address, length);
  }

  static async create(profile: Profile, hub: Hub): Promise<Firewall> {
    const namespace = await createNamespace(profile.name);
    await hub.plugIn(namespace);
    await profile.sets.create(namespace);
    const clock = profile.ownClock ? await createWallClock() : undefined;
    return new Firewall(profile, namespace, await makeSmallDisk(), hub, clock);
  }

  get sets() {
    return this.profile.sets;
  }

  /** Does not wait until it is of use: there may be no broker. */
  async start(): Promise<void> {
    const { create, protects, keepaliveSeconds, sets } = this.profile;
    this.#process = await startVallumd(
      [
        ...['-h', HUB_ADDRESS, '-p', String(this.hub.broker.port), '-t', SET, '--node', this.name],
        ...['--keepalive', `${String(keepaliveSeconds)}s`, ...sets.args],
        ...(create ? ['--create'] : []),
        ...protects.flatMap(({ address, length }) => ['--protect', `${address}/${String(length)}`]),
      ],
      {
        namespace: this.namespace,
        stateDir: this.disk.folder,
        under: this.disk.under,
        ...(this.clock === undefined ? {} : { env: this.clock.env }),
      },
    );
  }

  async listens(): Promise<void> {
    await this.#process?.waitForOutput(/listening to /, { timeoutMs: 30_000 });
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const ended = await this.#process?.kill(signal);
    this.#process = undefined;
    if (ended === undefined) return;
    const text = `${this.#earlierLog}${ended.stdout}${ended.stderr}[ended by ${signal}]\n`;
    this.#earlierLog = text.slice(-KEPT_LOG_CHARACTERS);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal);
  }

  get hasOwnClock(): boolean {
    return this.clock !== undefined;
  }

  /** @throws Error where this firewall's clock is the machine's */
  async setClock(aheadSeconds: number): Promise<void> {
    if (this.clock === undefined) throw new Error(`${this.name} has no clock of its own`);
    await this.clock.set(aheadSeconds);
  }

  accepts(address: string): boolean {
    const [first = '', length] = address.split('/');
    if (isIPv6(first)) return this.sets.takesIpv6;
    if (length !== undefined) return this.sets.takesPrefixes;
    return !this.#protected.check(first);
  }

  async look(): Promise<Sight> {
    const members = await this.sets.read(this.namespace);
    const nowUnix = Date.now() / 1000;
    return {
      node: this.name,
      members: new Map([...members].map(([address, seconds]) => [address, nowUnix + seconds])),
      accepts: (address) => this.accepts(address),
      keepsEnds: this.sets.keepsEnds,
    };
  }

  /** The last of what it has said, over restarts. */
  log(): string {
    return `${this.#earlierLog}${this.#process?.output() ?? ''}`.slice(-KEPT_LOG_CHARACTERS);
  }
}
