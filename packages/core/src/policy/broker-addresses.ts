import { parseAddress } from '../address/parse.js';
import type { Clock } from '../system/clock.js';
import type { ProtectedEntry } from './protect-list.js';

/** A name with many addresses gives others each time it is asked. */
const REMEMBER_MS = 600_000;

/**
 * The broker's addresses while they change: one that is not named any more stays for ten minutes,
 * since the name may give it again, or a connection to it be open still.
 */
export class BrokerAddresses {
  /** By text; `forget` is set where the address was not in the last list. */
  readonly #known = new Map<string, { entry: ProtectedEntry; cancel?: () => void }>();

  constructor(
    private readonly clock: Clock,
    private readonly changed: () => void,
  ) {}

  get entries(): ProtectedEntry[] {
    return [...this.#known.values()].map(({ entry }) => entry);
  }

  /** An empty list changes nothing: nobody knows what the broker's addresses are. */
  name(addresses: readonly string[]): void {
    const named = new Map<string, ProtectedEntry>();
    for (const text of addresses) {
      // A zone id names the link, not another host.
      const parsed = parseAddress(text.replace(/%.*$/, ''));
      if (!parsed.ok) continue;
      named.set(parsed.value.text, { address: parsed.value, because: 'MQTT broker' });
    }
    if (named.size === 0) return;
    for (const [text, known] of this.#known) {
      if (named.has(text) || known.cancel !== undefined) continue;
      known.cancel = this.clock.after(REMEMBER_MS, () => {
        this.#known.delete(text);
        this.changed();
      });
    }
    for (const [text, entry] of named) {
      this.#known.get(text)?.cancel?.();
      this.#known.set(text, { entry });
    }
  }

  close(): void {
    for (const { cancel } of this.#known.values()) cancel?.();
  }
}
