import { parseAddress } from '../address/parse.js';
import type { Policy } from './decide-ban.js';
import {
  createProtectList,
  LOOPBACK,
  protectedEntries,
  type ProtectedEntry,
} from './protect-list.js';
import type { Clock } from '../system/clock.js';
import { findHostAddresses } from './host-addresses.js';
import type { PolicyOptions } from './policy-options.js';

const REFRESH_MS = 60_000;
const DEFAULT_MIN_PREFIX = { ipv4: 16, ipv6: 32 } as const;

/**
 * Keeps the policy true while the host changes: a new lease from DHCP, another gateway, another
 * broker. What cannot be banned is the administrator's list, loopback, and what this host needs in
 * order to be reached.
 */
export class PolicyKeeper {
  #policy: Policy;
  #options: PolicyOptions;
  #host: readonly ProtectedEntry[] = [];
  #broker: readonly ProtectedEntry[] = [];
  #closed = false;
  #cancel: (() => void) | undefined;

  constructor(
    options: PolicyOptions = {},
    private readonly clock: Clock,
    private readonly changed: (policy: Policy) => void,
    private readonly warn: (sentence: string) => void,
  ) {
    this.#options = options;
    this.#policy = this.#build();
  }

  get policy(): Policy {
    return this.#policy;
  }

  /** Rejects where this host's addresses cannot be found: nothing is banned before they are safe. */
  async start(): Promise<void> {
    await this.#refresh();
    this.#schedule();
  }

  async reconfigure(options: PolicyOptions = {}): Promise<void> {
    // A list that does not parse throws here, and the old one stays.
    protectedEntries(options.protect ?? [], 'protect list');
    this.#options = options;
    await this.#refresh();
  }

  protectBroker(addresses: readonly string[]): void {
    const entries = addresses.flatMap((text) => {
      const parsed = parseAddress(text);
      return parsed.ok ? [{ address: parsed.value, because: 'MQTT broker' }] : [];
    });
    if (entries.length > 0) this.#broker = entries;
    // Before the first message of this connection.
    this.#rebuild();
    // A new connection often means that the network has changed.
    void this.#tryRefresh();
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  async #refresh(): Promise<void> {
    const { protectHost = findHostAddresses } = this.#options;
    this.#host = protectHost === false ? [] : await protectHost();
    this.#rebuild();
  }

  /** What was found the last time stays protected while it cannot be found again. */
  async #tryRefresh(): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.warn(`cannot look for this host's own addresses, so the last known stay: ${detail}`);
    }
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#cancel = this.clock.after(REFRESH_MS, () => {
      void this.#tryRefresh().then(() => {
        this.#schedule();
      });
    });
  }

  #rebuild(): void {
    if (this.#closed) return;
    const before = this.#policy;
    this.#policy = this.#build();
    // Unchanged most of the time, and a change is worth a walk through every ban.
    if (JSON.stringify(before) !== JSON.stringify(this.#policy)) this.changed(this.#policy);
  }

  #build(): Policy {
    const { protect = [], minPrefixLength } = this.#options;
    return {
      protectList: createProtectList([
        ...LOOPBACK,
        ...protectedEntries(protect, 'protect list'),
        ...this.#host,
        ...this.#broker,
      ]),
      minPrefixLength: { ...DEFAULT_MIN_PREFIX, ...minPrefixLength },
    };
  }
}
