import type { ProtectedEntry } from '../policy/protect-list.js';
import { FLEET_POLICY, PROTECT_SET } from '../policy/fleet-protection.js';
import { CheckRounds } from './check-rounds.js';
import { FleetEntry } from './fleet-entry.js';
import type { Minders } from './minders.js';
import { ProtectBackend } from './protect-backend.js';
import { FAMILIES, SetCare } from './set-care.js';
import type { SetMinder } from './set-minder.js';
import { SetWatch } from './set-watch.js';
import type { Audience } from './telling.js';
import type { EnforceContext } from './enforce-context.js';

/** A walk through the bans of all sets follows each change, so there is a pause between two. */
const SHORTEST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;
/** A pause is so many times as long as what it follows took. */
const PAUSE_SHARE = 3;

export interface FleetListOptions {
  readonly audience: Audience;
  /** Puts another list into effect; resolves once what it forbids is lifted. */
  readonly changed: (entries: readonly ProtectedEntry[]) => Promise<void>;
}

/** How much the fleet's protect list holds. */
export interface FleetListStatus {
  /** Addresses and prefixes in force on this node. */
  readonly entries: number;
  /** Those with a live lease in the ledger that are not: too wide, or more than there is room for. */
  readonly refused: number;
}

/**
 * The fleet's protect list: leases as of any set, which go into the policy in place of a kernel set.
 */
export class FleetList {
  readonly set = PROTECT_SET;
  readonly context: EnforceContext;
  readonly care: SetCare;
  readonly audience: Audience;
  readonly #backend = new ProtectBackend();
  readonly #rounds: CheckRounds;
  readonly #minders: Minders;
  readonly #changed: FleetListOptions['changed'];
  #entries: ReadonlyMap<string, FleetEntry> = new Map();
  /** The version of the list that is in effect. */
  #told = 0;
  #isTelling = false;
  #isStarted = false;
  #cancelPause: (() => void) | undefined;

  constructor(
    { clock, notes, warn }: Pick<EnforceContext, 'clock' | 'notes' | 'warn'>,
    minders: Minders,
    everyMs: number,
    { audience, changed }: FleetListOptions,
  ) {
    const backend = this.#backend;
    const watch = new SetWatch(backend, () => undefined);
    this.context = { ...{ backend, clock, notes, warn, watch }, policy: FLEET_POLICY };
    this.care = new SetCare(this.context, [PROTECT_SET], undefined);
    this.audience = audience;
    this.#minders = minders;
    this.#changed = changed;
    this.#rounds = new CheckRounds(this.context, this.care, minders, {
      everyMs,
      ...{ looked: () => undefined, checked: () => undefined },
    });
  }

  get minders(): SetMinder[] {
    return FAMILIES.map((family) => this.#minders.of(PROTECT_SET, family));
  }

  get status(): FleetListStatus {
    let refused = 0;
    for (const { upkeep } of this.minders) refused += upkeep.refused + upkeep.waiting.length;
    return { entries: this.#backend.size, refused };
  }

  /** The ledger has been read: what it protects is in effect before any kernel set is edited. */
  async start(): Promise<void> {
    for (const minder of this.minders) {
      await minder.settleDefault();
      await minder.settleRestored();
    }
    await this.#rounds.checkAll();
    this.#isStarted = true;
    this.#told = this.#backend.version;
    if (this.#backend.size > 0) void this.#changed(this.#list());
    this.#rounds.schedule();
  }

  /** Looks whether the list holds something else than what is in effect. */
  worked(): void {
    if (!this.#isStarted || this.#isTelling || this.#backend.version === this.#told) return;
    this.#isTelling = true;
    void this.#tell();
  }

  async idle(): Promise<void> {
    await this.#rounds.idle();
  }

  stop(): void {
    this.#isStarted = false;
    this.#rounds.stop();
    this.#cancelPause?.();
  }

  async #tell(): Promise<void> {
    const { clock } = this.context;
    this.#told = this.#backend.version;
    const beganMs = clock.monotonicMs();
    await this.#changed(this.#list());
    const tookMs = clock.monotonicMs() - beganMs;
    const pauseMs = Math.min(Math.max(PAUSE_SHARE * tookMs, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
    if (!this.#isStarted) return;
    this.#cancelPause = clock.after(pauseMs, () => {
      this.#isTelling = false;
      this.worked();
    });
  }

  /** The same objects for what was there before: whoever compares two lists is quick. */
  #list(): readonly ProtectedEntry[] {
    const entries = new Map<string, FleetEntry>();
    for (const address of this.#backend.addresses()) {
      const { page } = this.#minders.of(PROTECT_SET, address.family).upkeep;
      const known = this.#entries.get(address.text);
      entries.set(address.text, known ?? new FleetEntry(address, page, this.context.clock));
    }
    this.#entries = entries;
    return [...entries.values()];
  }
}
