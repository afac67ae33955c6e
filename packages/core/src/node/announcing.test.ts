import { describe, expect, it } from '@jest/globals';
import { parseAddress } from '../address/parse.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { VallumError } from '../words/errors.js';
import { Announcing } from './announcing.js';

const DAY = 86_400;

function setUp(addresses: readonly string[], fault?: VallumError) {
  const clock = createFakeClock();
  const host = { addresses, changed: (): void => undefined, watched: 0 };
  const ledger = new Map<string, number>();
  const said: string[] = [];
  const warnings: string[] = [];
  const make = () =>
    new Announcing({
      ...{ clock, random: () => 0.5 },
      host: {
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
        said.push(`protect ${due.join(' ')}`);
        for (const address of due) ledger.set(address, untilUnix);
        return fault === undefined ? Promise.resolve() : Promise.reject(fault);
      },
      unprotect: (gone) => {
        said.push(`unprotect ${gone.join(' ')}`);
        for (const address of gone) ledger.delete(address);
        return Promise.resolve();
      },
      warn: (sentence) => warnings.push(sentence),
    });
  return { clock, host, ledger, said, warnings, make };
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
    for (let step = 0; step < 6 * 24; step += 1) {
      clock.advance(600_000);
      await settle();
    }
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
    for (let step = 0; step < 2; step += 1) {
      clock.advance(600_000);
      await settle();
    }
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
