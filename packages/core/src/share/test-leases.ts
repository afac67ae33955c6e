import type { Register } from '../lease/register.js';
import { address, type Entry } from '../ledger/test-columns.js';
import { NEVER } from '../message/entry-columns.js';
import { START_MS } from './test-fleet.js';

export function lease(stampMs: number, origin = 'web1', until = NEVER): Register {
  return {
    ...{ kind: 'lease', origin, stamp: stampMs, ownStamp: false, asked: until, until },
    ...{ reason: 'ssh', keepUntil: 0 },
  };
}

/** Leases without an end, each of another address and a second older than the one before. */
export function many(count: number, stampMs = START_MS - 1_000_000): Entry[] {
  return Array.from({ length: count }, (_, index) => ({
    address: address(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`),
    register: lease(stampMs - 1_000 * index),
  }));
}
