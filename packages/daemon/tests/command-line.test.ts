import { createServer } from 'node:net';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { freePort, startProcess, temporaryFolder, waitFor } from '@vallum/test-kit';
import { runVallumd, startVallumd, vallumdCommand } from './start-vallumd.js';

describe('the command line of vallumd', () => {
  it('prints its version as the ancestor did', async () => {
    const { version } = JSON.parse(
      await readFile(new URL('../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    expect(await runVallumd(['-V'])).toMatchObject({
      code: 0,
      stdout: `vallumd-${version}\n`,
      stderr: '',
    });
  });

  it('prints its help on request', async () => {
    const { code, stdout, stderr } = await runVallumd(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: vallumd -h HOST/);
    expect(stdout).toContain('--min-prefix6');
  });

  it('shows the usage on stderr and fails where host and topic are missing', async () => {
    const { code, stdout, stderr } = await runVallumd([]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain('Usage: vallumd -h HOST');
  });
});

describe('an unknown command', () => {
  it('is named, with what was probably meant and what there is', async () => {
    const { code, stdout, stderr } = await runVallumd(['docter', '-t', 'a']);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(/^vallumd: unknown command "docter"; did you mean doctor\?\n/);
    const other = await runVallumd(['frobnicate']);
    expect(other).toMatchObject({ code: 64, stdout: '' });
    expect(other.stderr).toMatch(/^vallumd: unknown command "frobnicate"\nThe commands are:\n/);
    for (const name of ['doctor', 'setup', 'journal', 'reconcile']) {
      expect(other.stderr).toMatch(new RegExp(`^ {2}${name} +\\w`, 'm'));
    }
  });

  it('escapes what is no word', async () => {
    const { code, stderr } = await runVallumd(['\u001b[2J']);
    expect(code).toBe(64);
    expect(stderr).toMatch(/^vallumd: unknown command "\\u\{1b\}\[2J"\n/);
  });
});

describe('the times of the log', () => {
  it.each([
    [[], '+05:45'],
    [['--utc'], 'UTC'],
  ])('are local, and UTC on request: %j', async (more, zone) => {
    const args = ['-h', '127.0.0.1', '-p', '1', '-t', 'a', '--backend', 'memory', ...more];
    const vallumd = await startVallumd(args, { env: { TZ: 'Asia/Kathmandu' } });
    const said = await vallumd.waitForOutput(/^([\d-]+) ([\d:]+) (\S+) vallumd .* starts as /m);
    await vallumd.kill();
    expect(said[3]).toBe(zone);
    const shown = Date.parse(`${said[1] ?? ''}T${said[2] ?? ''}${zone === 'UTC' ? 'Z' : zone}`);
    expect(Math.abs(shown - Date.now())).toBeLessThan(60_000);
  });
});

describe('a port that is taken', () => {
  const server = createServer();
  afterAll(() => {
    server.close();
  });

  it('keeps --listen from starting with exit code 69 and a remedy', async () => {
    const port = await freePort();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const { code, stderr } = await runVallumd([
      ...['--listen', port.toString(), '-t', 'a', '--backend', 'memory'],
    ]);
    expect(code).toBe(69);
    expect(stderr).toContain(
      `cannot listen on port ${port.toString()} of 127.0.0.1: another program does`,
    );
  });
});

describe('a password on the command line', () => {
  it('is hidden from the process list', async () => {
    const vallumd = await startVallumd([
      ...['-h', '127.0.0.1', '-p', (await freePort()).toString(), '-t', 'a'],
      ...['--backend', 'memory', '-u', 'me', '-P', '-open-sesame'],
    ]);
    await vallumd.waitForOutput(/starts as/);
    const shown = await readFile(`/proc/${vallumd.pid.toString()}/cmdline`, 'utf8');
    expect(shown.replaceAll('\0', ' ').trim()).toBe('vallumd');
    const { code, stderr } = await vallumd.kill();
    expect(code).toBe(0);
    expect(stderr).not.toContain('sesame');
  });
});

describe('vallumd under systemd', () => {
  it('gives the journal priorities in place of times', async () => {
    const log = join(temporaryFolder(), 'log');
    const script =
      'exec 2> "$1"; export JOURNAL_STREAM="$(stat -L -c %d:%i "$1")"; shift; exec "$@"';
    const vallumd = await startProcess('bash', [
      ...['-c', script, 'bash', log],
      ...vallumdCommand(['-h', '127.0.0.1', '-p', '1', '-t', 'a', '--backend', 'memory']),
    ]);
    const text = await waitFor(
      async () => {
        const written = await readFile(log, 'utf8');
        return written.includes('not connected') ? written : undefined;
      },
      { timeoutMs: 10_000, what: 'the log' },
    );
    await vallumd.kill();
    expect(text).toMatch(/^<6>vallumd [\d.]+ starts as /);
    expect(text).toMatch(/^<4>warning: not connected to the broker/m);
  });
});

describe('the built program', () => {
  it('loads the embedded broker and yargs only where they are asked for', async () => {
    const folder = new URL('../dist/', import.meta.url);
    const files = (await readdir(folder)).filter((name) => name.endsWith('.js'));
    const code = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
    expect(code.join('\n')).toMatch(/import\(['"]aedes['"]\)/);
    expect(code.join('\n')).not.toMatch(/^import .*['"](aedes|yargs|yaml)['"]/m);
  });
});
