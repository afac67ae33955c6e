import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@vallum/test-kit';
import { readConfiguration } from './configuration.js';
import { setPolicyKeys } from './set-policy-keys.js';

/** What vallumd makes of a file with these lines below two others; of a fault, what it says. */
async function read(...lines: readonly string[]) {
  const path = join(temporaryFolder(), 'vallumd.yaml');
  writeFileSync(path, ['host: broker', 'topics: [blacklist, a/b=other]', ...lines].join('\n'));
  const read = await readConfiguration(['--config', path], {});
  return read.ok
    ? read.settings.live.policies
    : { code: read.exitCode, said: read.detail.replace(path, 'FILE') };
}

describe('sets in the configuration file', () => {
  it('say what is made of the bans of each set', async () => {
    expect(
      await read(
        'sets:',
        '  blacklist:',
        '    quorum: 2',
        '    quorum-by: detector',
        '    widen: {ipv4: 24, ipv6: 64}',
        '    min-ban: 10m',
        '    max-ban: 30d',
        '    escalate: [1h, 1d]',
        '  other:',
        '    observe: yes',
      ),
    ).toEqual({
      blacklist: {
        ...{ quorum: 2, quorumBy: 'detector', widen: { ipv4: 24, ipv6: 64 } },
        ...{ minBanSeconds: 600, maxBanSeconds: 30 * 86_400, escalateSeconds: [3_600, 86_400] },
      },
      other: { observe: true },
    });
  });

  it('may be left out, also with their name', async () => {
    expect(await read()).toEqual({});
    expect(await read('sets:')).toEqual({});
    expect(await read('sets:', '  blacklist:')).toEqual({ blacklist: {} });
    expect(await read('sets: {blacklist: {escalate: 2h}}')).toEqual({
      blacklist: { escalateSeconds: [7_200] },
    });
  });

  it.each([
    [['sets: blacklist'], 'sets in FILE line 3 must hold keys of its own'],
    [
      ['sets:', '  blacklst: {quorum: 2}'],
      '"blacklst" in FILE line 4, which no topic is bound to; did you mean blacklist?',
    ],
    [['sets:', '  blacklist: 7'], 'blacklist in FILE line 4 must hold keys of its own'],
    [
      ['sets:', '  blacklist:', '    quorm: 2'],
      'no key "quorm" of a set in FILE line 5; did you mean quorum?',
    ],
    [['sets:', '  other:', '    x: 2'], 'a set can have observe, quorum'],
    [
      ['sets:', '  other:', '    quorum: two'],
      'quorum in FILE line 5 is "two"; it must be a whole number from 1 to 64',
    ],
    [['sets:', '  other:', '    quorum: 65'], 'from 1 to 64'],
    [['sets:', '  other:', '    quorum: [2]'], 'quorum in FILE line 5 must be one value'],
    [['sets:', '  other:', '    quorum-by: host'], 'belongs to a quorum of 2 or more'],
    [
      ['sets:', '  other:', '    quorum: 2', '    quorum-by: node'],
      'line 6 is "node"; it can be host, detector or origin',
    ],
    [['sets:', '  other:', '    max-ban: 1x'], 'max-ban in FILE line 5 is "1x"'],
    [
      ['sets:', '  other:', '    max-ban: 1h', '    min-ban: 2h'],
      'min-ban in FILE line 6 is longer than max-ban',
    ],
    [
      ['sets:', '  other:', '    max-ban: 1h', '    escalate: [1h, 2h]'],
      'escalate in FILE line 6 has a step',
    ],
    [
      ['sets:', '  other:', '    escalate: [2h, 1h]'],
      'escalate in FILE line 5 holds "1h"; each step',
    ],
    [['sets:', '  other:', '    escalate: []'], 'a list of 1 to 8 times'],
    [
      ['sets:', '  other:', '    escalate:', '      - soon'],
      'escalate in FILE line 6 holds "soon"',
    ],
    [['sets:', '  other:', '    widen: 24'], 'widen in FILE line 5 must hold keys of its own'],
    [
      ['sets:', '  other:', '    widen: {ipv5: 24}'],
      'no key "ipv5" of widen in FILE line 5; did you mean ipv4?',
    ],
    [
      ['sets:', '  other:', '    widen: {ipv4: 8}'],
      'nothing wider than /16 may be banned (min-prefix)',
    ],
    [['sets:', '  other:', '    widen:', '      ipv6: 129'], 'widen ipv6 in FILE line 6 is "129"'],
  ])('that cannot be used are refused by line, with a remedy: %j', async (lines, said) => {
    expect(await read(...lines)).toMatchObject({ code: 78, said: expect.stringContaining(said) });
  });

  it('have a row in the guide for each key', () => {
    const guide = readFileSync(new URL('../../../docs/policies.md', import.meta.url), 'utf8');
    const keys = [...guide.matchAll(/^\| `([a-z-]+)` /gm)].map(([, key]) => key);
    expect(keys.sort()).toEqual(setPolicyKeys.map(({ name }) => name).sort());
  });

  it('are no flag, nor in the environment', async () => {
    const asked = await readConfiguration(['-h', 'b', '-t', 'a', '--sets', 'x'], {});
    expect(asked).toMatchObject({ ok: false, detail: expect.stringContaining('"--sets"') });
  });
});
