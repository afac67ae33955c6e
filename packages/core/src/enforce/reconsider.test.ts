import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressColumns } from '../address/address-columns.js';
import type { Address } from '../address/address.js';
import { addressFromBytes } from '../address/from-bytes.js';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { Ledger } from '../ledger/ledger.js';
import { EntryBatch } from '../message/entry-batch.js';
import { BAN, NEVER } from '../message/entry-columns.js';
import { changedProtection } from '../policy/changed-protection.js';
import { createPolicy, type Policy } from '../policy/policy.js';
import type { ProtectList } from '../policy/protect-list.js';
import type { SetPolicy } from '../policy/set-policy.js';
import { createFakeClock } from '../testing/fake-clock.js';
import type { SetName } from '../words/names.js';
import { reconsider } from './reconsider.js';
import { SetWatch } from './set-watch.js';
import { Upkeep } from './upkeep.js';

const S = 'blacklist' as SetName;
const LIMITS = { minPrefixLength: { ipv4: 0 }, maxCover: 1 };

function policyOf(addresses: readonly Address[]): Policy {
  return createPolicy(
    LIMITS,
    addresses.map((address) => ({ address, because: 'protect list' })),
  );
}

/** What is banned under one policy, reconsidered under another. */
async function afterChange(
  banned: readonly Address[],
  before: Policy,
  next: Policy,
  changed?: ProtectList,
  policyOfSet: SetPolicy = {},
): Promise<unknown> {
  const clock = createFakeClock();
  const context = {
    backend: createMemoryBackend(),
    watch: new SetWatch(createMemoryBackend(), () => undefined),
    clock,
    notes: {
      note: () => undefined,
      append: () => undefined,
      together: (work: () => void) => {
        work();
      },
    },
    policy: before,
    warn: () => undefined,
  };
  const page = new Ledger().page(S, 'ipv4');
  const upkeep = new Upkeep(S, page, context);
  upkeep.takePolicy(policyOfSet);
  upkeep.refold();
  const batch = new EntryBatch('ipv4');
  for (const address of banned) {
    batch.push(address, {
      ...{ action: BAN, flags: 0, origin: 'web1', until: NEVER, stamp: clock.nowMs() },
      ...{ reason: '', message: 0, place: 0 },
    });
  }
  const { length } = batch;
  const heads = new Int32Array(length);
  page.merge(batch, 0, length, clock.nowMs(), new Uint8Array(length), heads);
  for (let index = 0; index < length; index++) {
    upkeep.follow(batch, index, page.end(heads[index] ?? 0));
  }
  context.policy = next;
  const told: string[] = [];
  const audience = {
    all: true,
    summary: () => undefined,
    report: (report: object) => told.push(JSON.stringify(report)),
  };
  await reconsider(upkeep, audience, 'policy', changed);
  const columns = addressColumns('ipv4', banned);
  const wanted = banned.map((_, index) => upkeep.plan.wanted[upkeep.rows.find(columns, index)]);
  return { told: told.sort(), wanted, queued: upkeep.queue.length };
}

/** Of a small world, so that they meet. */
const address = fc
  .tuple(fc.integer({ min: 0, max: 7 }), fc.constantFrom(32, 32, 32, 31, 30, 24, 16, 8, 0))
  .map(([low, width]) => addressFromBytes('ipv4', Uint8Array.of(198, 51, 100, low), width));
const single = fc
  .integer({ min: 0, max: 7 })
  .map((low) => addressFromBytes('ipv4', Uint8Array.of(198, 51, 100, low)));
const few = { maxLength: 5 };
const protections = fc.oneof(
  fc.tuple(fc.array(single, few), fc.array(single, few)),
  fc.tuple(fc.array(address, few), fc.array(address, few)),
);

describe('reconsider', () => {
  it('finds what a changed protection forbids, and allows, without deciding all the others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(address, { maxLength: 12 }),
        protections,
        fc.constantFrom<SetPolicy>({}, { widen: { ipv4: 30 } }),
        async (banned, [protectedBefore, protectedNext], policyOfSet) => {
          const before = policyOf(protectedBefore);
          const next = policyOf(protectedNext);
          const changed = changedProtection(before, next);
          expect(changed).toBeDefined();
          expect(await afterChange(banned, before, next, changed, policyOfSet)).toEqual(
            await afterChange(banned, before, next, undefined, policyOfSet),
          );
        },
      ),
    );
  });
});

describe('changedProtection', () => {
  const [first, second] = [1, 2].map((low) =>
    addressFromBytes('ipv4', Uint8Array.of(198, 51, 100, low)),
  ) as [Address, Address];
  const textsOf = (before: Policy, next: Policy) =>
    changedProtection(before, next)?.entries.map((entry) => entry.address.text);

  it('names what is new and what is gone, whatever the reason of the rest', () => {
    expect(textsOf(policyOf([first]), policyOf([first, second]))).toEqual([second.text]);
    expect(textsOf(policyOf([first]), policyOf([second]))).toEqual([first.text, second.text]);
    const renamed = createPolicy(LIMITS, [{ address: first, because: 'address of eth0' }]);
    expect(textsOf(policyOf([first]), renamed)).toEqual([]);
  });

  it('says nothing where they differ in something else', () => {
    const narrower = createPolicy({ ...LIMITS, minPrefixLength: { ipv4: 8 } }, []);
    expect(textsOf(policyOf([]), narrower)).toBeUndefined();
    expect(textsOf(policyOf([]), createPolicy({ ...LIMITS, maxCover: 0.5 }, []))).toBeUndefined();
  });
});
