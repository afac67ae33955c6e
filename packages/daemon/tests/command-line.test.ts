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
