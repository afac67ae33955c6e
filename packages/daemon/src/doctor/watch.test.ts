import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '@vallum/core/testing';
import { finding, type Finding } from '@vallum/doctor';
import type { LogEntry } from '../log.js';
import { startWatch } from './watch.js';

function setting(first: Finding[], firstMs?: number, isBusy?: () => boolean) {
  const clock = createFakeClock();
  const logged: LogEntry[] = [];
  const world = { findings: first, looks: 0, fail: false };
  const watch = startWatch({
    check: async () => {
      world.looks += 1;
      if (world.fail) throw new Error('out of processes');
      return world.findings;
    },
    write: (entry) => logged.push(entry),
    clock,
    everyMs: 60_000,
    ...(firstMs === undefined ? {} : { firstMs }),
    ...(isBusy === undefined ? {} : { isBusy }),
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { clock, logged, world, watch, settle };
}

const unused = finding('critical', 'rules', 'blacklist', 'no rule refers to it', 'iptables -I …');
const used = finding('ok', 'rules', 'blacklist', 'dropped in INPUT');

describe('what the daemon asks itself', () => {
  it('is said at the start where something is wrong, and not where all is well', async () => {
    const { logged, settle, watch } = setting([
      unused,
      finding('ok', 'room', 'blacklist', '1 of 9'),
    ]);
    await settle();
    expect(logged).toMatchObject([
      {
        level: 'warning',
        event: 'check-rules',
        message: 'rules blacklist: no rule refers to it → iptables -I …',
      },
    ]);
    watch.stop();
  });

  it('is asked for the first time when it was told to, and then on its schedule', async () => {
    const { clock, settle, watch, world } = setting([unused], 1_000);
    clock.advance(999);
    await settle();
    expect(world.looks).toBe(0);
    clock.advance(1);
    await settle();
    expect(world.looks).toBe(1);
    clock.advance(60_000);
    await settle();
    expect(world.looks).toBe(2);
    watch.stop();
  });

  it('gives way at first to what is more urgent, but not for longer than ten seconds', async () => {
    let busy = true;
    const { clock, settle, watch, world } = setting([unused], 1_000, () => busy);
    clock.advance(5_000);
    await settle();
    expect(world.looks).toBe(0);
    busy = false;
    clock.advance(1_000);
    await settle();
    expect(world.looks).toBe(1);
    watch.stop();
    const always = setting([unused], 1_000, () => true);
    always.clock.advance(9_999);
    await settle();
    expect(always.world.looks).toBe(0);
    always.clock.advance(1);
    await settle();
    expect(always.world.looks).toBe(1);
    always.watch.stop();
  });

  it('is said again only when it changes, and when it is mended', async () => {
    const { clock, logged, settle, watch, world } = setting([unused]);
    await settle();
    clock.advance(60_000);
    await settle();
    expect(world.looks).toBe(2);
    expect(logged).toHaveLength(1);
    world.findings = [used];
    watch.soon();
    watch.soon();
    clock.advance(2_000);
    await settle();
    expect(world.looks).toBe(3);
    expect(logged[1]).toMatchObject({
      level: 'info',
      message: 'rules blacklist: in order again: dropped in INPUT',
    });
    watch.stop();
  });

  it('does not take for mended what could not be looked at', async () => {
    const blind = finding('unknown', 'rules', 'blacklist', '1 reference, from rules not seen');
    const { clock, logged, settle, watch, world } = setting([unused]);
    await settle();
    for (const found of [blind, blind, used, blind, used]) {
      world.findings = [found];
      clock.advance(60_000);
      await settle();
    }
    expect(logged.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warning rules blacklist: no rule refers to it → iptables -I …',
      'info rules blacklist: not checked here: 1 reference, from rules not seen',
      'info rules blacklist: in order again: dropped in INPUT',
      'info rules blacklist: not checked here: 1 reference, from rules not seen',
      'info rules blacklist: in order: dropped in INPUT',
    ]);
    watch.stop();
  });

  it('does not take counted days for news', async () => {
    const days = (count: number) =>
      finding('warning', 'certificate', 'ca', `${String(count)} days left`, 'renew it');
    const { clock, logged, settle, watch, world } = setting([days(20)]);
    await settle();
    world.findings = [days(19)];
    clock.advance(60_000);
    await settle();
    expect(logged).toHaveLength(1);
    watch.stop();
  });

  it('goes on after a failure, and ends when told', async () => {
    const { clock, logged, settle, watch, world } = setting([unused]);
    world.fail = true;
    await settle();
    clock.advance(60_000);
    await settle();
    expect(logged.at(-1)).toMatchObject({ level: 'debug', event: 'check-failed' });
    watch.stop();
    clock.advance(600_000);
    await settle();
    expect(world.looks).toBe(2);
  });
});
