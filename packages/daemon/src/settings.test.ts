import { describe, expect, it } from '@jest/globals';
import { loadOptions } from '@vallum/options';
import { daemonOptions } from './options.js';
import { readSettings } from './settings.js';

async function read(...more: readonly string[]) {
  const loaded = await loadOptions(daemonOptions, {
    argv: ['-h', 'broker', '-t', 'blacklist', ...more],
    ...{ env: {}, defaultConfigPath: '/no/such/file' },
  });
  if (!loaded.ok) return loaded.detail;
  const settings = readSettings(loaded.value.values, loaded.value.places, {});
  return settings.ok ? settings.value : settings.detail;
}

describe('what vallumd keeps and tells', () => {
  it('has the bounds and the brevity of the documentation unless told otherwise', async () => {
    expect(await read()).toMatchObject({
      ...{ logEntries: 'few', rememberSeconds: 30 * 86_400, maxLeases: 2_000_000 },
    });
  });

  it('is what the options say', async () => {
    const options = ['--log-entries', 'all', '--remember', '2w', '--max-leases', '500'];
    expect(await read(...options)).toMatchObject({
      ...{ logEntries: 'all', rememberSeconds: 14 * 86_400, maxLeases: 500 },
    });
  });

  it.each([
    ['--remember', '30'],
    ['--max-leases', '0'],
    ['--log-entries', 'some'],
  ])('refuses %s %s', async (option, value) => {
    expect(await read(option, value)).toContain(option);
  });
});

describe("the fleet's protect list", () => {
  it('is kept, and own addresses are announced, unless told otherwise', async () => {
    expect(await read()).toMatchObject({ protection: { keeps: true, announces: true } });
    expect(await read('--no-announce')).toMatchObject({
      protection: { keeps: true, announces: false },
    });
    expect(await read('--no-protect-fleet')).toMatchObject({
      protection: { keeps: false, announces: false },
    });
  });

  it.each(['vallum/protect', 'vallum/protect/add=x', 'x=vallum/protect'])(
    'is no topic or set of bans: %s',
    async (topic) => {
      expect(await read('-t', topic)).toContain("vallum/protect is the fleet's protect list");
    },
  );
});

describe('the sets of a keeper', () => {
  it('are as large as the ledger, and keep bans that name no end for ever', async () => {
    expect(await read('--keeper', '--max-leases', '500')).toMatchObject({
      live: { create: { type: 'hash:net', maxEntries: 500 } },
    });
    expect(await read('--keeper')).not.toHaveProperty('live.create.defaultTimeoutSeconds');
  });

  it('end such bans as those of the firewalls do, where it is told', async () => {
    const settings = await read('--keeper', '--create-timeout', '1h');
    expect(settings).toHaveProperty('live.create.defaultTimeoutSeconds', 3_600);
  });
});
