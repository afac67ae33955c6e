import { parseAddress } from '../address/parse.js';
import type { Enforcer } from '../enforce/enforcer.js';
import { protectReport, type ProtectReport } from '../enforce/protect-report.js';
import type { Audience } from '../enforce/telling.js';
import type { Command } from '../message/command.js';
import type { Binding } from '../message/topic.js';
import { PROTECT_SET } from '../policy/fleet-protection.js';
import { findOwnAddresses, watchOwnAddresses } from '../policy/host-addresses.js';
import type { SteadyClock } from '../system/clock.js';
import type { Transport } from '../transport/transport.js';
import type { Origin } from '../words/names.js';
import { Announcing, type AnnouncedHost } from './announcing.js';
import { Asking } from './asking.js';
import { readOrigin } from './confirming.js';
import type { NodeEvents } from './node-events.js';
import type { OwnStamps } from './own-stamps.js';
import { Protection } from './protection.js';
import type { BanOptions, VallumOptions, VallumStatus } from './vallum-types.js';

export interface ProtectingOptions {
  readonly protection: Exclude<VallumOptions['protection'], false | undefined>;
  /** In whose name it is asked where a call names nobody. */
  readonly origin: string | undefined;
  readonly transport: Transport;
  readonly clock: SteadyClock;
  readonly stamps: OwnStamps;
  readonly events: NodeEvents;
  /** See `ProtectionOptions`. */
  readonly isHeard: (topic: string) => boolean | undefined;
  readonly audience: Audience;
  /** What to subscribe to, and what to compare, has changed. */
  readonly changed: () => void;
}

/** All that a node has to do with the fleet's protect list beyond keeping it. */
export class Protecting {
  readonly membership: Protection;
  readonly #options: ProtectingOptions;
  readonly #announceAs: Origin | undefined;
  #asking: Asking;
  #announcing: Announcing | undefined;
  #isConnected = false;

  /** @throws VallumError `INVALID_ARGUMENT` for unusable options */
  constructor(options: ProtectingOptions) {
    const { topic, announceAs } = options.protection;
    const { clock, events, isHeard } = options;
    this.#options = options;
    this.#announceAs = announceAs === undefined ? undefined : readOrigin(announceAs);
    this.membership = new Protection({
      ...{ topic, clock, events, isHeard },
      changed: (isGiven) => {
        if (!isGiven) this.#announcing?.giveUp();
        options.changed();
        if (isGiven) void this.#announcing?.look();
      },
    });
    this.#asking = this.#makeAsking(undefined);
  }

  get binding(): Binding {
    return this.membership.binding;
  }

  /** The ledger has been read, and the broker is being connected to. */
  start(enforcer: Enforcer): void {
    this.#asking = this.#makeAsking(enforcer);
    const origin = this.#announceAs;
    if (origin === undefined) return;
    const { clock, events } = this.#options;
    const tell = (
      action: Command['action'],
      addresses: readonly string[],
      options: BanOptions,
    ): Promise<unknown> | undefined => {
      // One that it may not send on this connection waits for none.
      if (this.membership.bindings.length === 0) return undefined;
      if (this.#isConnected) this.membership.sent();
      return this.ask(action, addresses, { ...options, origin });
    };
    this.#announcing = new Announcing({
      ...{ clock, random: Math.random, host: this.#host },
      leases: () => enforcer.leases(PROTECT_SET, { origin }),
      protect: (addresses, { untilUnix, reason }, signal) =>
        tell('ban', addresses, { until: untilUnix, reason, signal }),
      unprotect: (addresses, signal) => tell('unban', addresses, { signal }),
      warn: (sentence) => {
        events.emit('warning', sentence);
      },
    });
    void this.#announcing.start();
  }

  async ask(
    action: Command['action'],
    addresses: string | readonly string[],
    options: Omit<BanOptions, 'set'>,
  ): Promise<ProtectReport[]> {
    const reports = await this.#asking.ask(action, addresses, options, [this.binding]);
    return reports.map(protectReport);
  }

  connected(): void {
    this.#isConnected = true;
    this.membership.connected();
  }

  disconnected(): void {
    this.#isConnected = false;
    this.membership.disconnected();
  }

  /** The clock was set: another day may have begun. */
  clockStepped(): void {
    void this.#announcing?.look();
  }

  /** Another node has been heard that has this one's name. */
  twin(): void {
    this.#announcing?.twin();
  }

  status({ fleetList }: Enforcer): Pick<VallumStatus, 'protection'> {
    if (fleetList === undefined) return {};
    const { isAllowed } = this.membership;
    return { protection: { topic: this.binding.topic, ...fleetList, allowed: isAllowed } };
  }

  /** Lets what was asked be published, for some seconds. */
  async finish(): Promise<void> {
    this.#announcing?.stop();
    await this.#asking.finish();
  }

  close(): void {
    this.#announcing?.close();
    this.membership.close();
  }

  #makeAsking(enforcer: Enforcer | undefined): Asking {
    const { transport, origin, clock, stamps, audience } = this.#options;
    return new Asking({ enforcer, transport, origin, clock, stamps, audience });
  }

  get #host(): AnnouncedHost | undefined {
    const { clock, protection } = this.#options;
    const { ownAddresses } = protection;
    if (ownAddresses === false) return undefined;
    if (ownAddresses !== undefined) {
      return {
        find: async () =>
          (await ownAddresses()).flatMap((text) => {
            const parsed = parseAddress(text);
            return parsed.ok ? [parsed.value] : [];
          }),
        watch: () => Promise.resolve(() => undefined),
      };
    }
    return { find: findOwnAddresses, watch: (changed) => watchOwnAddresses(changed, clock) };
  }
}
