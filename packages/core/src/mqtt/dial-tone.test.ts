import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createFakeClock } from '../testing/fake-clock.js';
import { dialTone, type DialToneOptions } from './dial-tone.js';

function setUp(options: Partial<DialToneOptions>) {
  const clock = createFakeClock();
  const told: (readonly string[])[] = [];
  const warnings: string[] = [];
  const dialling = dialTone({
    host: 'broker.example',
    resolve: () => Promise.resolve(['192.0.2.1', '2001:db8::1', '192.0.2.1']),
    resolveWithinMs: 20_000,
    clock,
    dialling: async (addresses) => {
      told.push(addresses);
      return Promise.resolve();
    },
    warn: (text) => warnings.push(text),
    ...options,
  });
  return { dialling, told, warnings, clock };
}

describe('dialTone', () => {
  it('tells every address of a name before it is dialled', async () => {
    const { dialling, told } = setUp({});
    expect(await dialling).toEqual(['192.0.2.1', '2001:db8::1', '192.0.2.1']);
    expect(told).toEqual([['192.0.2.1', '2001:db8::1']]);
  });

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['fe80::7%eth0', 'fe80::7'],
  ])('lets %s stand for itself, and asks nobody', async (host, address) => {
    const { dialling, told } = setUp({ host, resolve: () => Promise.reject(new Error('asked')) });
    expect(await dialling).toBeUndefined();
    expect(told).toEqual([[address]]);
  });

  it('takes what is known in place of an answer', async () => {
    const known = ['127.0.0.1', '::1'];
    const { dialling, told } = setUp({ known, resolve: () => Promise.reject(new Error('asked')) });
    expect(await dialling).toBeUndefined();
    expect(told).toEqual([known]);
  });

  it('fails where the name has no address, or the resolver does not answer in time', async () => {
    await expect(setUp({ resolve: () => Promise.resolve([]) }).dialling).rejects.toMatchObject({
      code: 'ENOTFOUND',
    });
    const { dialling, clock } = setUp({ resolve: () => new Promise(() => undefined) });
    const late = expect(dialling).rejects.toMatchObject({ code: 'EAI_AGAIN' });
    clock.advance(20_000);
    await late;
  });

  it('goes on with a warning where preparing the way fails, or takes longer than 5 s', async () => {
    const broken = setUp({ dialling: () => Promise.reject(new Error('no kernel')) });
    expect(await broken.dialling).toHaveLength(3);
    expect(broken.warnings).toEqual([
      'the way to the broker (192.0.2.1, 2001:db8::1) may be closed, since preparing it failed: "no kernel"',
    ]);
    const slow = setUp({ dialling: () => new Promise(() => undefined) });
    await nextTurn();
    slow.clock.advance(5_000);
    expect(await slow.dialling).toHaveLength(3);
    expect(slow.warnings[0]).toContain('not done within 5 s');
  });
});
