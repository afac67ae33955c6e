import { describe, expect, it } from '@jest/globals';
import { parseAddress } from '../address/parse.js';
import { createFakeClock } from '../testing/fake-clock.js';
import type { Policy } from './policy.js';
import { PolicyKeeper, type HostDeps } from './policy-keeper.js';
import type { PolicyOptions } from './policy-options.js';
import { protectedEntries } from './protect-list.js';

/** A host that can be told to change, and counts how often it is asked. */
function keeping(options: PolicyOptions = {}, world: Partial<HostDeps> = {}) {
  const clock = createFakeClock();
  const host = { addresses: ['192.0.2.1'], asked: 0, watched: 0, fails: false };
  const changes: Policy[] = [];
  const warnings: string[] = [];
  let tell: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const keeper = new PolicyKeeper(
    options,
    clock,
    (policy) => changes.push(policy),
    (sentence) => warnings.push(sentence),
    {
      find: () => {
        host.asked++;
        if (host.fails) return Promise.reject(new Error('EMFILE'));
        return Promise.resolve(protectedEntries(host.addresses, 'address of eth0'));
      },
      watch: (changed, failed) => {
        host.watched++;
        tell = changed;
        fail = failed;
        return Promise.resolve(() => host.watched--);
      },
      ...world,
    },
  );
  const isProtected = (text: string): boolean => {
    const parsed = parseAddress(text);
    return parsed.ok && keeper.policy.protectList.conflict(parsed.value) !== undefined;
  };
  return {
    ...{ keeper, clock, host, changes, warnings, isProtected },
    tell: () => {
      tell();
    },
    fail: (error: unknown) => {
      fail(error);
    },
  };
}

/** Lets what is asked for be answered. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the keeper of the policy', () => {
  it('protects what the host says as soon as it says that something changed', async () => {
    const { keeper, clock, host, changes, isProtected, tell } = keeping();
    await keeper.start();
    expect(isProtected('192.0.2.1')).toBe(true);
    host.addresses = ['192.0.2.1', '192.0.2.2'];
    tell();
    clock.advance(0);
    await settle();
    expect(isProtected('192.0.2.2')).toBe(true);
    expect(changes).toHaveLength(2);
    keeper.close();
    expect(host.watched).toBe(0);
  });

  it('asks once more where something changed while it asked', async () => {
    const { keeper, clock, host, tell } = keeping();
    await keeper.start();
    tell();
    tell();
    clock.advance(0);
    tell();
    tell();
    await settle();
    clock.advance(0);
    await settle();
    clock.advance(0);
    await settle();
    expect(host.asked).toBe(3);
    keeper.close();
  });

  it('rests in proportion to what asking costs', async () => {
    const slow = keeping(
      {},
      {
        find: () => {
          // As a router with a million routes.
          slow.clock.advance(500);
          slow.host.asked++;
          return Promise.resolve([]);
        },
      },
    );
    await slow.keeper.start();
    slow.tell();
    slow.clock.advance(9_999);
    expect(slow.host.asked).toBe(1);
    slow.clock.advance(1);
    expect(slow.host.asked).toBe(2);
    slow.keeper.close();
  });

  it('asks each minute, whatever it hears', async () => {
    const { keeper, clock, host, isProtected } = keeping();
    await keeper.start();
    host.addresses = ['192.0.2.3'];
    clock.advance(60_000);
    await settle();
    expect([isProtected('192.0.2.1'), isProtected('192.0.2.3')]).toEqual([false, true]);
    host.fails = true;
    clock.advance(60_000);
    await settle();
    expect(isProtected('192.0.2.3')).toBe(true);
    keeper.close();
  });

  it('says that it cannot hear changes, and goes on', async () => {
    const { keeper, warnings, isProtected } = keeping(
      {},
      { watch: () => Promise.reject(new Error('no koffi')) },
    );
    await keeper.start();
    expect(isProtected('192.0.2.1')).toBe(true);
    expect(warnings).toEqual([expect.stringMatching(/once a minute: no koffi/)]);
    keeper.close();
  });

  it('says that it cannot hear changes any more', async () => {
    const { keeper, warnings, fail } = keeping();
    await keeper.start();
    fail(new Error('EMFILE'));
    expect(warnings).toEqual([expect.stringMatching(/once a minute: EMFILE/)]);
    keeper.close();
  });

  it('does not start where the host cannot be asked, and leaves nothing behind', async () => {
    const { keeper, host } = keeping();
    host.fails = true;
    await expect(keeper.start()).rejects.toThrow('EMFILE');
    expect(host.watched).toBe(0);
  });

  it('lets a later answer stand against an earlier one that comes late', async () => {
    const answers: ((addresses: string[]) => void)[] = [];
    const { keeper, isProtected } = keeping(
      {},
      {
        find: () =>
          new Promise((resolve) => {
            answers.push((addresses) => {
              resolve(protectedEntries(addresses, 'x'));
            });
          }),
      },
    );
    const started = keeper.start();
    await settle();
    const reconfigured = keeper.reconfigure({});
    await settle();
    answers[1]?.(['192.0.2.2']);
    await reconfigured;
    answers[0]?.(['192.0.2.1']);
    await started;
    expect([isProtected('192.0.2.1'), isProtected('192.0.2.2')]).toEqual([false, true]);
    keeper.close();
  });

  it('asks nobody where the host is not to be protected, until it is', async () => {
    const { keeper, host, isProtected } = keeping({ protectHost: false });
    await keeper.start();
    expect([host.asked, host.watched, isProtected('192.0.2.1')]).toEqual([0, 0, false]);
    await keeper.reconfigure({});
    expect([host.asked, host.watched, isProtected('192.0.2.1')]).toEqual([1, 1, true]);
    await keeper.reconfigure({ protectHost: () => Promise.resolve([]) });
    expect([host.asked, host.watched, isProtected('192.0.2.1')]).toEqual([1, 0, false]);
    keeper.close();
  });

  it('keeps what is in effect where the new options cannot be used', async () => {
    const { keeper, changes, isProtected } = keeping({ protect: ['198.51.100.1'] });
    await keeper.start();
    const before = changes.length;
    for (const options of [{ protect: ['localhost'] }, { maxCover: Number.NaN }]) {
      await expect(keeper.reconfigure(options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    expect(changes).toHaveLength(before);
    expect(isProtected('198.51.100.1')).toBe(true);
    await keeper.reconfigure({ protect: ['198.51.100.1'], maxCover: 0.5 });
    expect(changes.at(-1)).toMatchObject({ maxCover: 0.5 });
    keeper.close();
  });
});

describe('the broker’s addresses', () => {
  it('are protected when the call returns, also before the start', () => {
    const { keeper, changes, host, isProtected } = keeping();
    keeper.protectBroker(['203.0.113.1', '2001:db8::1', 'fe80::1%eth0', 'broker.example']);
    expect([isProtected('203.0.113.1'), isProtected('2001:db8::1')]).toEqual([true, true]);
    expect(changes).toHaveLength(1);
    // A publisher that enforces nothing does not look at the host.
    expect(host.asked).toBe(0);
    keeper.protectBroker([]);
    keeper.protectBroker(['203.0.113.1', '2001:db8::1']);
    expect(isProtected('203.0.113.1')).toBe(true);
    keeper.close();
  });

  it('stay for ten minutes after the name stopped giving them', () => {
    const { keeper, clock, isProtected } = keeping();
    const both = () => [isProtected('203.0.113.1'), isProtected('203.0.113.2')];
    keeper.protectBroker(['203.0.113.1']);
    clock.advance(3_600_000);
    keeper.protectBroker(['203.0.113.2']);
    clock.advance(599_000);
    expect(both()).toEqual([true, true]);
    // Named again, and from then on as new.
    keeper.protectBroker(['203.0.113.1', '203.0.113.2']);
    clock.advance(3_600_000);
    expect(both()).toEqual([true, true]);
    keeper.protectBroker(['203.0.113.2']);
    clock.advance(300_000);
    keeper.protectBroker(['203.0.113.2']);
    clock.advance(300_000);
    expect(both()).toEqual([false, true]);
    keeper.close();
  });

  it('lead to another look at the host, once it is started', async () => {
    const { keeper, host } = keeping();
    await keeper.start();
    keeper.protectBroker(['203.0.113.1']);
    expect(host.asked).toBe(2);
    keeper.close();
  });
});
