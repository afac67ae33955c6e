import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { HeardLease } from '../lease/heard-lease.js';
import { decideEnd, rememberedUntil } from './decide-end.js';
import { MONTH_SECONDS, originPart, type SetPolicy } from './set-policy.js';

const START = 1_800_000_000;
const HOUR = 3_600;
const DAY = 24 * HOUR;

/** @param at seconds after `START` @param seconds how long */
function lease(at: number, seconds: number, origin = 'web1.sshd', next = Infinity): HeardLease {
  const stampMs = 1000 * (START + at);
  return { origin, stampMs, until: START + at + seconds, nextStampMs: 1000 * (START + next) };
}

/** When the ban ends, in seconds after `START`; 0: there is none. */
function end(policy: SetPolicy, now: number, ...leases: HeardLease[]): number {
  const decided = decideEnd(leases, policy, START + now).end;
  return decided === 0 ? 0 : decided - START;
}

describe('when a ban ends', () => {
  it('is when the longest lease does, where the policy says nothing of it', () => {
    expect(end({}, 0, lease(0, 60), lease(0, 90, 'b'))).toBe(90);
    expect(end({}, 0, lease(0, Infinity))).toBe(Infinity);
    expect(end({}, 90, lease(0, 60), lease(0, 90, 'b'))).toBe(0);
  });

  it('lies within the bounds, counted from when each lease was asked for', () => {
    expect(end({ maxBanSeconds: 50 }, 0, lease(0, Infinity))).toBe(50);
    expect(end({ maxBanSeconds: 50 }, 40, lease(0, Infinity), lease(30, 60, 'b'))).toBe(80);
    expect(end({ maxBanSeconds: 50 }, 50, lease(0, Infinity))).toBe(0);
    expect(end({ minBanSeconds: 100 }, 70, lease(0, 60))).toBe(100);
    expect(end({ minBanSeconds: 100 }, 70, lease(0, 200))).toBe(200);
  });

  it('is not put off for a lease that its origin has withdrawn or renewed before its end', () => {
    expect(end({ minBanSeconds: 100 }, 70, lease(0, 60, 'a', 30))).toBe(0);
    expect(end({ minBanSeconds: 100 }, 70, lease(0, 60, 'a', 60))).toBe(100);
  });

  it('is when the origins that are left are too few', () => {
    const leases = [lease(0, 60, 'a.x'), lease(0, 90, 'b.x'), lease(0, 120, 'b.y')];
    expect(end({ quorum: 2 }, 0, ...leases)).toBe(60);
    expect(end({ quorum: 3 }, 0, ...leases)).toBe(0);
    expect(end({ quorum: 3, quorumBy: 'origin' }, 0, ...leases)).toBe(60);
    expect(end({ quorum: 2, quorumBy: 'detector' }, 0, ...leases)).toBe(90);
    expect(end({ quorum: 2 }, 60, ...leases)).toBe(0);
  });

  it('comes later with each ban that was over before', () => {
    const policy = { escalateSeconds: [HOUR, DAY, 7 * DAY] };
    const bans = [0, 2, 4, 6, 8].map((days, index, all) =>
      lease(days * DAY, 600, 'a', (all[index + 1] ?? Infinity) * DAY),
    );
    expect(end(policy, 0, ...bans.slice(0, 1))).toBe(600);
    expect(end(policy, 2 * DAY, ...bans.slice(0, 2))).toBe(2 * DAY + HOUR);
    expect(end(policy, 4 * DAY, ...bans.slice(0, 3))).toBe(5 * DAY);
    expect(end(policy, 6 * DAY, ...bans.slice(0, 4))).toBe(13 * DAY);
    expect(end(policy, 8 * DAY, ...bans)).toBe(15 * DAY);
    expect(end({ ...policy, maxBanSeconds: 7 * DAY }, 8 * DAY, ...bans)).toBe(15 * DAY);
  });

  it('takes leases that touch for one ban, whoever asked for them', () => {
    const policy = { escalateSeconds: [HOUR] };
    expect(end(policy, 0, lease(0, 600, 'a'), lease(500, 600, 'b'))).toBe(1100);
    expect(end(policy, 0, lease(0, 600, 'a', 600), lease(600, 600, 'a'))).toBe(1200);
    expect(end(policy, 0, lease(0, 600, 'a'), lease(601, 600, 'b'))).toBe(601 + HOUR);
  });

  it('counts no ban that ended a month, and the longest step, before', () => {
    const policy = { escalateSeconds: [HOUR] };
    const far = 600 + HOUR + MONTH_SECONDS;
    expect(end(policy, far - 1, lease(0, 600), lease(far - 1, 60, 'b'))).toBe(far - 1 + HOUR);
    expect(end(policy, far, lease(0, 600), lease(far, 60, 'b'))).toBe(far + 60);
  });
});

const anyPolicy: fc.Arbitrary<SetPolicy> = fc.record(
  {
    quorum: fc.integer({ min: 1, max: 3 }),
    quorumBy: fc.constantFrom('host', 'detector', 'origin'),
    minBanSeconds: fc.integer({ min: 1, max: 50 }),
    maxBanSeconds: fc.integer({ min: 50, max: 300 }),
    escalateSeconds: fc
      .uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 3 })
      .map((steps) => steps.sort((a, b) => a - b)),
  },
  { requiredKeys: [] },
);
const anyOrigin = fc.constantFrom('a.x', 'a.y', 'b.x', 'c', '');
const anyLease = fc
  .tuple(fc.nat(400), fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant(Infinity)), anyOrigin)
  .map(([at, seconds, origin]) => lease(at, seconds, origin));
/** Over as long a time as it takes to forget. */
const anyRareLease = fc
  .tuple(fc.nat(200), fc.integer({ min: 1, max: 100 }), anyOrigin)
  .map(([days, seconds, origin]) => lease(days * DAY, seconds * 3_000, origin));
/** Of each origin, each lease knows the next. */
const withNext = (leases: HeardLease[]) =>
  leases.map((one): HeardLease => {
    const later = leases.filter(
      (other) => other.origin === one.origin && other.stampMs > one.stampMs,
    );
    return { ...one, nextStampMs: Math.min(...later.map(({ stampMs }) => stampMs), Infinity) };
  });
const anyHeard = fc.array(anyLease, { maxLength: 12 }).map(withNext);
const anyRare = fc.array(anyRareLease, { maxLength: 12 }).map(withNext);

describe('of whatever is heard', () => {
  it('the order does not matter, nor that some of it is heard twice', () => {
    const shuffled = anyHeard.chain((heard) =>
      fc.tuple(
        fc.constant(heard),
        fc.shuffledSubarray(heard, { minLength: heard.length }),
        fc.subarray(heard),
      ),
    );
    fc.assert(
      fc.property(shuffled, anyPolicy, fc.nat(900), ([heard, other, twice], policy, now) => {
        const one = decideEnd(heard, policy, START + now);
        expect(decideEnd([...other, ...twice], policy, START + now)).toEqual(one);
      }),
    );
  });

  it('nothing changes with time but at the end of the ban', () => {
    const within = fc.record({
      heard: anyHeard,
      policy: anyPolicy,
      now: fc.nat(900),
      later: fc.nat(300),
    });
    fc.assert(
      fc.property(within, ({ heard, policy, now, later }) => {
        const { end } = decideEnd(heard, policy, START + now);
        const after = decideEnd(heard, policy, START + now + later);
        expect(after.end).toBe(end > START + now + later ? end : 0);
      }),
    );
  });

  it('nothing changes when what need not be remembered is forgotten', () => {
    const within = fc.record({
      heard: fc.oneof(anyHeard, anyRare),
      policy: anyPolicy,
      now: fc.oneof(
        fc.integer({ min: 400, max: 900 }),
        fc.integer({ min: 200 * DAY, max: 300 * DAY }),
      ),
    });
    fc.assert(
      fc.property(within, ({ heard, policy, now }) => {
        const isKept = (one: HeardLease) =>
          (one.nextStampMs === Infinity && one.until > START + now) ||
          rememberedUntil(one, policy) > START + now;
        expect(decideEnd(heard.filter(isKept), policy, START + now).end).toBe(
          decideEnd(heard, policy, START + now).end,
        );
      }),
    );
  });

  it('no ban is shorter than the shortest, nor longer than the longest, nor without its quorum', () => {
    fc.assert(
      fc.property(anyHeard, anyPolicy, fc.nat(900), (heard, policy, now) => {
        const { end, origins } = decideEnd(heard, policy, START + now);
        if (end === 0) return;
        const { quorum = 1, quorumBy = 'host', maxBanSeconds = Infinity } = policy;
        expect(end).toBeGreaterThan(START + now);
        expect(end).toBeLessThanOrEqual(
          Math.max(...heard.map(({ stampMs }) => stampMs / 1000)) + maxBanSeconds,
        );
        expect(origins).toBeGreaterThanOrEqual(quorum);
        const parts = new Set(heard.map(({ origin }) => originPart(origin, quorumBy)));
        expect(parts.size).toBeGreaterThanOrEqual(quorum);
      }),
    );
  });
});

describe('the part of a name that counts', () => {
  it.each([
    ['web1.sshd', 'web1', 'sshd'],
    ['web1.example.org.sshd', 'web1.example.org', 'sshd'],
    ['web1', 'web1', 'web1'],
    ['.sshd', '.sshd', '.sshd'],
    ['web1.', 'web1.', 'web1.'],
    ['', '', ''],
  ])('of %j is the host %j and the detector %j', (origin, host, detector) => {
    expect(originPart(origin, 'host')).toBe(host);
    expect(originPart(origin, 'detector')).toBe(detector);
    expect(originPart(origin, 'origin')).toBe(origin);
  });
});
