import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  freePort,
  mustRun,
  runProcess,
  suiteNeeding,
  temporaryFolder,
  waitFor,
} from '@vallum/test-kit';
import { publish, runVallumd, startVallumd, vallumdCommand } from './start-vallumd.js';

suiteNeeding(['mosquitto-clients', 'bash'], 'vallumd journal', () => {
  it('tells what a running vallumd keeps, and ends with its reader', async () => {
    const folder = temporaryFolder();
    const state = join(folder, 'state');
    const port = await freePort();
    const vallumd = await startVallumd([
      ...['--listen', port.toString(), '-t', 'blacklist', '--backend', 'memory'],
      ...['--state-dir', state],
    ]);
    await vallumd.waitForOutput(/listening to/);
    await publish(
      port,
      'blacklist/add',
      '203.0.113.7 timeout 3600 origin web1.sshd reason "port scan"',
    );
    const journal = ['journal', '--state-dir', state];
    const shown = await waitFor(
      async () => {
        const { code, stdout } = await runVallumd(journal);
        return code === 0 && stdout.includes('203.0.113.7') ? stdout : undefined;
      },
      { timeoutMs: 10_000, what: 'the ban in the journal' },
    );
    expect(shown.split('\n').filter((line) => line.includes('203.0.113.7'))).toEqual([
      expect.stringMatching(/web1\.sshd.*port scan/),
    ]);

    // More than a pipe holds.
    const list = join(folder, 'list');
    const addresses = Array.from(
      { length: 30_000 },
      (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255} origin ids1`,
    );
    writeFileSync(list, addresses.join('\n'));
    await mustRun('mosquitto_pub', [
      ...['-p', port.toString(), '-q', '1', '-t', 'blacklist/add', '-f', list],
    ]);
    await waitFor(async () => (await runVallumd(journal)).stdout.length > 1_000_000 || undefined, {
      timeoutMs: 20_000,
      what: 'a long journal',
    });
    const cut = await runProcess('bash', [
      '-c',
      '"$@" | head -n 1; echo "${PIPESTATUS[0]}"',
      ...['bash', ...vallumdCommand(journal)],
    ]);
    expect([cut.stdout.trim().split('\n').length, cut.stdout.slice(-3), cut.stderr]).toEqual([
      2,
      '\n0\n',
      '',
    ]);
    expect((await vallumd.kill()).code).toBe(0);
  });

  it('says where there is none', async () => {
    const folder = join(temporaryFolder(), 'none');
    expect(await runVallumd(['journal', '--state-dir', folder])).toMatchObject({
      ...{ code: 66, stdout: '' },
      stderr: `vallumd journal: there is no journal in ${folder} (--state-dir names another)\n`,
    });
  });
});
