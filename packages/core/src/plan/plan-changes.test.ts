import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Address } from '../address/address.js';
import { parseAddress } from '../address/parse.js';
import type { SetInfo, SetMember } from '../backend/backend.js';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import type { MemorySetSpec } from '../backend/memory/memory-backend.js';
import type { Ban } from '../lease/lease.js';
import { Ledger } from '../ledger/ledger.js';
import type { Until } from '../message/command.js';
import type { Origin, SetName } from '../words/names.js';
import { planBan, planReconcile, renewalUnix, resolveDefault } from './plan-changes.js';
import { listMembers } from '../backend/list-members.js';

const set = 'blacklist' as SetName;
const NOW = 1_795_000_000;
const MAX = 2_147_483;
const timed: SetInfo = {
  set,
  type: 'hash:net',
  family: 'ipv4',
  defaultTimeoutSeconds: 0,
  entries: 0,
  references: 1,
};
const { defaultTimeoutSeconds: _none, ...untimed } = timed;

function at(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}
const a = at('192.0.2.7');

function ban(until: Until, address = a) {
  return { address, leases: [{ origin: '' as const, until }] };
}

function plan(until: Until | 'withdrawn' | 'unknown', found: number | undefined, info: SetInfo) {
  const ledger = new Ledger();
  if (until === 'withdrawn') ledger.withdraw(set, a, undefined);
  else if (until !== 'unknown') ledger.record(set, a, { origin: '', until });
  const members: SetMember[] = found === undefined ? [] : [{ address: a, timeoutSeconds: found }];
  return planReconcile(ledger.page(set, 'ipv4'), members, info, NOW).map((change) =>
    change.op === 'add' ? `add ${change.timeoutSeconds ?? '-'}` : 'del',
  );
}

describe('the plan for one ban', () => {
  it.each<[Until, SetInfo, number | undefined]>([
    [NOW + 60, timed, 60],
    [NOW, timed, 1],
    [NOW + 0.5, timed, 1],
    [NOW + MAX, timed, MAX],
    [NOW + 10 * MAX, timed, MAX],
    ['never', timed, 0],
    ['default', timed, undefined],
    [NOW + 60, untimed, undefined],
    ['never', untimed, undefined],
  ])('until %s gives the kernel its timeout', (until, info, timeoutSeconds) => {
    expect(planBan(ban(until), info, NOW)).toEqual({
      op: 'add',
      set,
      address: a,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    });
  });

  it('ends a bare ban when its set would', () => {
    expect(resolveDefault(NOW + 5, timed, NOW)).toBe(NOW + 5);
    expect(resolveDefault('default', timed, NOW)).toBe('never');
    expect(resolveDefault('default', untimed, NOW)).toBe('never');
    expect(resolveDefault('default', { ...timed, defaultTimeoutSeconds: 9 }, NOW)).toBe(NOW + 9);
  });

  it('has the ban renewed only where the kernel cannot count so far', () => {
    expect(renewalUnix(ban(NOW + MAX), NOW)).toBeUndefined();
    expect(renewalUnix(ban('never'), NOW)).toBeUndefined();
    expect(renewalUnix(ban(NOW + MAX + 1), NOW)).toBe(NOW + Math.floor(MAX / 2));
  });
});

describe('the plan for a set', () => {
  it.each<[Parameters<typeof plan>[0], number | undefined, SetInfo, string[]]>([
    [NOW + 60, undefined, timed, ['add 60']],
    [NOW + 60, 58, timed, []],
    [NOW + 60, 50, timed, ['add 60']],
    [NOW + 60, 70, timed, ['add 60']],
    [NOW + 60, 0, timed, ['add 60']],
    ['never', 60, timed, ['add 0']],
    ['never', 0, timed, []],
    ['default', 60, timed, []],
    [NOW + 60, undefined, untimed, ['add -']],
    [NOW + 60, 0, untimed, []],
    [NOW, undefined, timed, []],
    [NOW - 60, 5, timed, []],
    ['withdrawn', undefined, timed, []],
    ['withdrawn', 60, timed, ['del']],
    ['unknown', 60, timed, []],
    [NOW + 5 * MAX, MAX - 1000, timed, []],
    [NOW + 5 * MAX, 1000, timed, [`add ${MAX}`]],
    [NOW + MAX, MAX - 1000, timed, [`add ${MAX}`]],
  ])('ledger %s, kernel %s', (until, found, info, expected) => {
    expect(plan(until, found, info)).toEqual(expected);
  });

  it('says who and why where the set keeps comments', () => {
    const told = {
      address: a,
      leases: [{ origin: 'web1' as Origin, until: 'never', reason: 'x' }],
    };
    expect(planBan(told as Ban, { ...timed, comments: true }, NOW)).toMatchObject({
      comment: 'web1: x',
    });
    expect(planBan(told as Ban, timed, NOW)).not.toHaveProperty('comment');
    expect(planBan(ban('never'), { ...timed, comments: true }, NOW)).not.toHaveProperty('comment');
  });

  it('keeps one entry under a netmask as long as the longest of its bans', () => {
    const ledger = new Ledger();
    const info: SetInfo = { ...timed, type: 'hash:ip', netmask: 24 };
    ledger.record(set, at('192.0.2.7'), { origin: '', until: NOW + 600 });
    ledger.record(set, at('192.0.2.8'), { origin: '', until: NOW + 60 });
    ledger.withdraw(set, at('192.0.2.9'), undefined);
    ledger.withdraw(set, at('198.51.100.9'), undefined);
    const members = ['192.0.2.0', '198.51.100.0'].map((text) => ({
      address: at(text),
      timeoutSeconds: 60,
    }));
    const changes = planReconcile(ledger.page(set, 'ipv4'), members, info, NOW);
    expect(changes).toMatchObject([
      { op: 'add', timeoutSeconds: 600 },
      { op: 'del', address: { text: '198.51.100.9' } },
    ]);
  });

  it('is empty once it was applied, whatever the ledger and the set held', async () => {
    const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.130', '198.51.100.1'].map(at);
    const specs: MemorySetSpec[] = [
      { set, type: 'hash:net', family: 'ipv4' },
      { set, type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 },
      { set, type: 'hash:ip', family: 'ipv4', defaultTimeoutSeconds: 300 },
      { set, type: 'hash:ip', family: 'ipv4', defaultTimeoutSeconds: 0, netmask: 24 },
    ];
    const until = fc.oneof(
      fc.integer({ min: NOW - 5, max: NOW + 20 * MAX }),
      fc.constantFrom<Until>('never', 'default'),
    );
    const lease = fc.record({
      address: fc.constantFrom(...addresses),
      origin: fc.constantFrom<Origin | ''>('', 'web1' as Origin),
      until,
      withdrawn: fc.boolean(),
    });
    const member = fc.record({
      address: fc.constantFrom(...addresses),
      timeoutSeconds: fc.integer({ min: 0, max: MAX }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...specs),
        fc.array(lease, { maxLength: 8 }),
        fc.array(member, { maxLength: 4 }),
        async (spec, leases, members) => {
          const backend = createMemoryBackend({
            sets: [spec],
            clock: { nowMs: () => NOW * 1000 },
          });
          const ledger = new Ledger();
          for (const { address, withdrawn, ...claim } of leases) {
            if (withdrawn) ledger.withdraw(set, address, claim.origin || undefined);
            else ledger.record(set, address, claim);
          }
          const timeouts = spec.defaultTimeoutSeconds !== undefined;
          await backend.apply(
            members.map(({ address, timeoutSeconds }) => ({
              op: 'add',
              set,
              address,
              ...(timeouts ? { timeoutSeconds } : {}),
            })),
          );
          const info = await backend.inspect(set);
          if (!info) throw new Error('the set is gone');
          const page = ledger.page(set, 'ipv4');
          const changes = planReconcile(page, await listMembers(backend, set), info, NOW);
          await backend.apply(changes);
          expect(planReconcile(page, await listMembers(backend, set), info, NOW)).toEqual([]);
        },
      ),
    );
  });
});
