import { describe, expect, it } from '@jest/globals';
import { parseAddress } from '../address/parse.js';
import { createFakeClock, type FakeClock } from '../testing/fake-clock.js';
import { VallumError } from '../words/errors.js';
import { Announcing } from './announcing.js';

const DAY = 86_400;

function setUp(addresses: readonly string[], fault?: Error) {
  const clock = createFakeClock();
  const host = { addresses, changed: (): void => undefined, watched: 0 };
  const ledger = new Map<string, number>();
  const said: string[] = [];
  const warnings: string[] = [];
  const broker = { isAsked: true, fault };
  const answer = () =>
    broker.fault === undefined ? Promise.resolve() : Promise.reject(broker.fault);
  const make = (announces = true) =>
    new Announcing({
      ...{ clock, random: () => 0.5 },
      host: !announces
        ? undefined
        : {
            find: () =>
              Promise.resolve(
                host.addresses.flatMap((text) => {
                  const parsed = parseAddress(text);
                  return parsed.ok ? [parsed.value] : [];
                }),
              ),
            watch: (changed) => {
              host.changed = changed;
              host.watched += 1;
              return Promise.resolve(() => (host.watched -= 1));
            },
          },
      async *leases() {
        for (const [address, until] of ledger) {
          if (until > clock.nowMs() / 1000) yield { address: address as never, until };
        }
        await Promise.resolve();
      },
      protect: (due, { untilUnix }) => {
        if (!broker.isAsked) return undefined;
        said.push(`protect ${due.join(' ')}`);
        for (const address of due) ledger.set(address, untilUnix);
        return answer();
      },
      unprotect: (gone) => {
        if (!broker.isAsked) return undefined;
        said.push(`unprotect ${gone.join(' ')}`);
        for (const address of gone) ledger.delete(address);
        return answer();
      },
      warn: (sentence) => warnings.push(sentence),
    });
  return { clock, host, ledger, said, warnings, broker, make };
}

async function pass(clock: FakeClock, minutes: number): Promise<void> {
  for (let step = 0; step < minutes / 10; step += 1) {
    clock.advance(600_000);
    await settle();
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('an announcement of own addresses', () => {
  it('names the global ones alone, for three days at most', async () => {
    const { clock, ledger, said, make } = setUp([
      ...['127.0.0.1', '10.0.0.7', '192.168.1.7', '172.20.0.1', '100.64.0.9', '169.254.0.9'],
      ...['fe80::7', 'fd00::7', '::1', '198.51.100.7', '2001:db8::7'],
    ]);
    const announcing = make();
    await announcing.start();
    expect(said).toEqual(['protect 198.51.100.7 2001:db8::7']);
    const left = (ledger.get('198.51.100.7') ?? 0) - clock.nowMs() / 1000;
    expect(left).toBeGreaterThan(2 * DAY);
    expect(left).toBeLessThanOrEqual(3 * DAY);
    announcing.close();
  });

  it('is said once a day, also by a node that restarts', async () => {
    const { clock, said, make } = setUp(['198.51.100.7']);
    let announcing = make();
    await announcing.start();
    announcing.close();
    announcing = make();
    await announcing.start();
    expect(said).toHaveLength(1);
    await pass(clock, 24 * 60);
    expect(said).toHaveLength(2);
    announcing.close();
  });

  it('follows the host at once, and withdraws what stays away', async () => {
    const { clock, host, said, make } = setUp(['198.51.100.7']);
    const announcing = make();
    await announcing.start();
    host.addresses = ['198.51.100.8'];
    host.changed();
    await settle();
    expect(said.at(-1)).toBe('protect 198.51.100.8');
    clock.advance(300_000);
    await settle();
    expect(said).toHaveLength(2);
    await pass(clock, 20);
    expect(said.slice(2)).toEqual(['unprotect 198.51.100.7']);
    announcing.close();
    expect(host.watched).toBe(0);
  });

  it('does not contradict who lifts it before the next day', async () => {
    const { clock, ledger, said, make } = setUp(['198.51.100.7']);
    const announcing = make();
    await announcing.start();
    ledger.clear();
    await announcing.look();
    expect(said).toHaveLength(1);
    clock.advance(1000 * DAY);
    await settle();
    expect(said).toHaveLength(2);
    announcing.close();
  });

  it('says once that the broker does not let it', async () => {
    const fault = new VallumError('not authorized', {
      ...{ code: 'BROKER_REFUSED', operation: 'publish' },
    });
    const { clock, warnings, make } = setUp(['198.51.100.7'], fault);
    const announcing = make();
    await announcing.start();
    clock.advance(1000 * DAY);
    await announcing.look();
    await settle();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /does not let this node announce its own addresses.*not authorized/,
    );
    announcing.close();
  });

  it('is said as soon as it may be, where it might not be before', async () => {
    const { said, host, broker, clock, make } = setUp(['198.51.100.7']);
    const announcing = make();
    broker.isAsked = false;
    await announcing.start();
    expect(said).toEqual([]);
    broker.isAsked = true;
    await announcing.look();
    expect(said).toEqual(['protect 198.51.100.7']);
    broker.isAsked = false;
    host.addresses = [];
    await pass(clock, 40);
    broker.isAsked = true;
    await announcing.look();
    expect(said.slice(1)).toEqual(['unprotect 198.51.100.7']);
    announcing.close();
  });

  it('is said again where the broker never got it, though it is in the ledger here', async () => {
    const fault = new VallumError('given up', { ...{ code: 'ABORTED', operation: 'ban' } });
    const { said, broker, warnings, make } = setUp(['198.51.100.7'], fault);
    const announcing = make();
    await announcing.start();
    await settle();
    broker.fault = undefined;
    await announcing.look();
    await settle();
    await announcing.look();
    expect(said).toEqual(['protect 198.51.100.7', 'protect 198.51.100.7']);
    expect(warnings).toEqual([]);
    announcing.close();
  });

  it('is cut to three days again once a clock that was ahead is right', async () => {
    const { clock, ledger, make } = setUp(['198.51.100.7']);
    clock.step(3_650 * DAY * 1000);
    const announcing = make();
    await announcing.start();
    clock.step(-3_650 * DAY * 1000);
    await announcing.look();
    const left = (ledger.get('198.51.100.7') ?? 0) - clock.nowMs() / 1000;
    expect(left).toBeLessThanOrEqual(3 * DAY);
    announcing.close();
  });

  it('outlives a step of the clock while the interface is without its address', async () => {
    const { clock, host, said, make } = setUp(['198.51.100.7']);
    const announcing = make();
    await announcing.start();
    host.addresses = [];
    await announcing.look();
    clock.step(3_600_000);
    await announcing.look();
    expect(said).toEqual(['protect 198.51.100.7']);
    announcing.close();
  });

  it('is withdrawn by a later run, too, but not where another node made it', async () => {
    const { clock, host, ledger, said, make } = setUp(['198.51.100.7']);
    let announcing = make();
    await announcing.start();
    announcing.close();
    host.addresses = ['198.51.100.8'];
    announcing = make();
    await announcing.start();
    // By a node of the same name.
    ledger.set('203.0.113.9', clock.nowMs() / 1000 + 2 * DAY);
    await pass(clock, 60);
    expect(said).toEqual([
      ...['protect 198.51.100.7', 'protect 198.51.100.8', 'unprotect 198.51.100.7'],
    ]);
    announcing.close();
  });

  it('is withdrawn at once by a run that announces nothing, and not asked of the host', async () => {
    const { host, ledger, said, warnings, broker, make } = setUp(['198.51.100.7']);
    const before = make();
    await before.start();
    before.close();
    host.watched = 0;
    broker.isAsked = false;
    const announcing = make(false);
    await announcing.start();
    expect(ledger.size).toBe(1);
    // As soon as it may say so.
    broker.isAsked = true;
    broker.fault = new VallumError('not authorized', {
      ...{ code: 'BROKER_REFUSED', operation: 'publish' },
    });
    await announcing.look();
    await settle();
    expect(said).toEqual(['protect 198.51.100.7', 'unprotect 198.51.100.7']);
    expect(warnings).toEqual([
      'the broker does not let this node withdraw its own addresses: not authorized',
    ]);
    expect(host.watched).toBe(0);
    announcing.close();
  });

  it('is never withdrawn once another node is heard that has the same name', async () => {
    const { clock, host, said, make } = setUp(['198.51.100.7']);
    const announcing = make();
    await announcing.start();
    announcing.twin();
    host.addresses = [];
    await pass(clock, 60);
    expect(said).toEqual(['protect 198.51.100.7']);
    announcing.close();
  });

  it('ends no process for a fault that nobody has thought of', async () => {
    const { warnings, make } = setUp(['198.51.100.7'], new TypeError('x is not a function'));
    const announcing = make();
    await announcing.start();
    await settle();
    expect(warnings).toEqual(["cannot announce this host's own addresses: x is not a function"]);
    announcing.close();
  });

  it('bounds how many it names, and says so', async () => {
    const many = Array.from({ length: 200 }, (_, low) => `198.51.100.${String(low)}`);
    const { ledger, warnings, make } = setUp(many);
    const announcing = make();
    await announcing.start();
    expect(ledger.size).toBe(64);
    expect(warnings).toEqual([expect.stringMatching(/has 200 global addresses, of which 64/)]);
    announcing.close();
  });
});
