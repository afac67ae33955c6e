import { describe, expect, it } from '@jest/globals';
import { addressColumns } from '../address/address-columns.js';
import { addressFromBytes } from '../address/from-bytes.js';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { Ledger } from '../ledger/ledger.js';
import { EntryBatch } from '../message/entry-batch.js';
import { BAN } from '../message/entry-columns.js';
import { createPolicy } from '../policy/policy.js';
import { createFakeClock } from '../testing/fake-clock.js';
import type { SetName } from '../words/names.js';
import { nowUnix } from './now-unix.js';
import { SetWatch } from './set-watch.js';
import { stillBlockedBy } from './still-blocked.js';
import { Upkeep } from './upkeep.js';

const S = 'blacklist' as SetName;
const host = (low: number) => addressFromBytes('ipv4', Uint8Array.of(203, 0, 113, low));

describe('what still blocks an address', () => {
  it('names who banned the longest what a widened network stands for', () => {
    const clock = createFakeClock();
    const backend = createMemoryBackend();
    const upkeep = new Upkeep(S, new Ledger().page(S, 'ipv4'), {
      ...{ backend, clock, policy: createPolicy({}, []), warn: () => undefined },
      watch: new SetWatch(backend, () => undefined),
      notes: {
        note: () => undefined,
        append: () => undefined,
        together: (work: () => void) => {
          work();
        },
      },
    });
    upkeep.takePolicy({ widen: { ipv4: 24 } });
    upkeep.refold();
    const now = nowUnix(clock);
    const batch = new EntryBatch('ipv4');
    for (const [low, origin, seconds] of [
      [7, 'web1', 60],
      [9, 'web2', 600],
    ] as const) {
      batch.push(host(low), {
        ...{ action: BAN, flags: 0, origin, until: now + seconds, stamp: clock.nowMs() },
        ...{ reason: '', message: 0, place: 0 },
      });
    }
    const heads = new Int32Array(2);
    upkeep.page.merge(batch, 0, 2, clock.nowMs(), new Uint8Array(2), heads);
    for (const [index, head] of heads.entries()) {
      const row = upkeep.follow(batch, index, upkeep.page.end(head));
      upkeep.plan.hold(row, upkeep.plan.wanted[row] ?? 0);
    }
    expect(stillBlockedBy(upkeep, addressColumns('ipv4', [host(8)]), 0, now)).toEqual([
      { address: '203.0.113.0/24', origin: 'web2', until: now + 600 },
    ]);
  });
});
