import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { createNamespace, runProcess, suiteNeeding, temporaryFolder } from '@vallum/test-kit';

const script = fileURLToPath(new URL('../scripts/choose-backend.mjs', import.meta.url));

/** What `npm start` would choose and print. */
const ASK = `
const { chooseBackend, howToSee } = await import(${JSON.stringify(script)});
const { backend, why } = await chooseBackend();
console.log(JSON.stringify({ backend, why, see: howToSee(backend, 'blacklist', '/x/.vallum') }));
`;
const ask = [process.execPath, '--input-type=module', '-e', ASK] as const;

/** A PATH with these programs only. */
function pathWith(...programs: readonly string[]): string {
  const folder = join(temporaryFolder(), 'bin');
  mkdirSync(folder);
  for (const program of programs) symlinkSync(`/usr/sbin/${program}`, join(folder, program));
  return folder;
}

interface Choice {
  readonly backend: string;
  readonly why: string;
  readonly see: string;
}

suiteNeeding(['namespace', 'ipset', 'nft'], 'npm start as root', () => {
  it('uses the kernel without the program ipset, and shows bans by what is there', async () => {
    const host = await createNamespace('start');
    const choose = async (path: string) =>
      JSON.parse(await host.exec('env', [`PATH=${path}`, ...ask])) as Choice;
    expect(await choose(pathWith('ipset', 'nft'))).toMatchObject({
      ...{ backend: 'ipset', see: 'ipset list blacklist' },
    });
    expect(await choose(pathWith())).toMatchObject({
      ...{ backend: 'ipset', see: 'npx -p @vallum/daemon vallumd journal --state-dir /x/.vallum' },
    });
    // It leaves nothing.
    expect(await host.exec('ipset', ['list', '-n'])).toBe('');
    expect(await host.exec('nft', ['list', 'ruleset'])).toBe('');
    await host.remove();
  });
});

describe('npm start', () => {
  it('keeps bans in memory where the kernel does not let it, and says why', async () => {
    const root = process.getuid?.() === 0;
    const without = ['--inh-caps=-all', '--bounding-set=-all', ...ask];
    const { stdout, code } = await (root
      ? runProcess('setpriv', without)
      : runProcess(ask[0], ask.slice(1)));
    expect(code).toBe(0);
    const choice = JSON.parse(stdout) as Choice;
    expect(choice).toMatchObject({ backend: 'memory', see: expect.stringContaining('journal') });
    expect(choice.why).toMatch(/^bans are kept in memory only, since .*ipset: .*; nftables: /);
  });
});
