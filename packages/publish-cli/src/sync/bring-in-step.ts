import { UNSURE, type Difference } from './difference.js';
import type { SyncState, Validators } from './sync-state.js';

/** The outside world of one sync. */
export interface StepDeps {
  /** Keeps a state, so that neither a crash nor a power failure loses it any more. */
  readonly save: (state: SyncState) => void;
  /**
   * Sends bans that end then, and behind them withdrawals, all asked for at `stampMs`.
   *
   * @param confirmed hears of addresses as the broker confirms them
   */
  readonly send: (changes: Changes, confirmed: ConfirmedHandler) => Promise<void>;
}

export interface Changes {
  readonly stampMs: number;
  /** Unix seconds. */
  readonly end: number;
  readonly bans: readonly string[];
  readonly withdrawals: readonly string[];
}

export type ConfirmedHandler = (action: 'ban' | 'unban', addresses: readonly string[]) => void;

export interface Step {
  readonly before: SyncState | undefined;
  readonly broker: string;
  readonly difference: Difference;
  /** How many addresses are wanted. */
  readonly size: number;
  readonly validators: Validators | undefined;
  /** Unix milliseconds. */
  readonly nowMs: number;
  readonly ttlSeconds: number;
}

/**
 * Brings what is leased in step with what is wanted, so that it may be cut off at any moment: before
 * anything is sent, it is written down that it may have been; a later sync then sends it again or
 * withdraws it, which harms nobody, since the later stamp counts.
 *
 * Bans go before withdrawals: where a prefix makes room for a narrower one, no moment is without.
 *
 * @returns whether all of it was confirmed
 */
export async function bringInStep(step: Step, { save, send }: StepDeps): Promise<boolean> {
  const { before, broker, difference, size, validators, nowMs, ttlSeconds } = step;
  const { added, renewed, withdrawn } = difference;
  const leased = new Map(before?.leased);

  const bans = [...added, ...renewed];
  if (bans.length + withdrawn.length === 0) {
    const isKnown = before?.size === size && sameValidators(before.validators, validators);
    if (isKnown && before.broker === broker) return true;
    save({ broker, stampMs: before?.stampMs ?? 0, size, leased, ...withValidators(validators) });
    return true;
  }

  const stampMs = Math.max(nowMs, (before?.stampMs ?? 0) + 1);
  const end = Math.floor(nowMs / 1000) + ttlSeconds;
  // All of it: what is renewed may end as before or later, what is withdrawn may be there or gone.
  for (const address of [...bans, ...withdrawn]) leased.set(address, UNSURE);
  save({ broker, stampMs, size: before?.size ?? 0, leased });

  let open = bans.length + withdrawn.length;
  try {
    await send({ stampMs, end, bans, withdrawals: withdrawn }, (action, addresses) => {
      open -= addresses.length;
      for (const address of addresses) {
        if (action === 'ban') leased.set(address, end);
        else leased.delete(address);
      }
    });
  } finally {
    save(
      open === 0
        ? { broker, stampMs, size, leased, ...withValidators(validators) }
        : { broker, stampMs, size: before?.size ?? 0, leased },
    );
  }
  return open === 0;
}

function withValidators(validators: Validators | undefined): { validators?: Validators } {
  return validators === undefined ? {} : { validators };
}

function sameValidators(one: Validators | undefined, other: Validators | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
