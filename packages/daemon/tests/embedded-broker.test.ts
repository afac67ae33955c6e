import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  freePort,
  runProcess,
  suiteNeeding,
  temporaryFolder,
  type RunningProcess,
} from '@vallum/test-kit';
import { publish, startVallumd } from './start-vallumd.js';

async function startListening(
  ...more: string[]
): Promise<{ port: number; vallumd: RunningProcess }> {
  const port = await freePort();
  const vallumd = await startVallumd([
    ...['--listen', port.toString(), '--backend', 'memory', '-t', 'blacklist', ...more],
  ]);
  await vallumd.waitForOutput(/listening to blacklist\/#/);
  return { port, vallumd };
}

suiteNeeding(['mosquitto-clients'], 'vallumd that is its own broker', () => {
  it('bans and unbans what mosquitto_pub sends, as the manual of the ancestor writes it', async () => {
    const { port, vallumd } = await startListening();
    await publish(port, 'blacklist/add', '192.0.2.7');
    await vallumd.waitForOutput(/banned 192\.0\.2\.7 in blacklist for ever \(via blacklist\/add\)/);
    await publish(port, 'blacklist', '2001:db8::7');
    await vallumd.waitForOutput(/banned 2001:db8::7 in blacklist6? for ever \(via blacklist\)/);
    await publish(port, 'blacklist/del', '192.0.2.7');
    await vallumd.waitForOutput(/unbanned 192\.0\.2\.7 in blacklist \(via blacklist\/del\)/);
    expect((await vallumd.kill()).code).toBe(0);
  });

  it('tells who asked, until when and why', async () => {
    const { port, vallumd } = await startListening();
    const until = 4_102_444_800;
    const entry = { address: '192.0.2.8', until, origin: 'web1', reason: 'ssh "x"\u001b[2J' };
    await publish(port, 'blacklist/add', JSON.stringify({ ...entry, reason: 'ssh "x"' }));
    await vallumd.waitForOutput(
      /banned 192\.0\.2\.8 in blacklist until 2100-01-01T00:00:00Z \(origin web1, reason "ssh \\"x\\"", via blacklist\/add\)/,
    );
    await publish(port, 'blacklist/add', JSON.stringify(entry));
    await publish(port, 'blacklist/add', '1.2.3\u001b[31m\nevil');
    await vallumd.waitForOutput(/warning: rejected .*evil/);
    expect((await vallumd.kill()).stderr).toMatch(/^[\x20-\x7e\n…→]*$/);
  });

  it('writes one JSON object a line on request', async () => {
    const port = await freePort();
    const vallumd = await startVallumd([
      ...['--listen', port.toString(), '--backend', 'memory', '-t', 'blacklist'],
      ...['--log-format', 'json'],
    ]);
    await vallumd.waitForOutput(/"event":"subscribed"/);
    await publish(port, 'blacklist/add', '192.0.2.7');
    await vallumd.waitForOutput(/"event":"banned"/);
    const { stderr } = await vallumd.kill();
    const entries = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries.find(({ event }) => event === 'banned')).toMatchObject({
      level: 'info',
      set: 'blacklist',
      address: '192.0.2.7',
      until: 'never',
      via: 'blacklist/add',
    });
  });

  it('asks for the password where it has one', async () => {
    const { port, vallumd } = await startListening('-u', 'me', '-P', 'sesame');
    const args = ['-p', port.toString(), '-t', 'blacklist/add', '-m', '192.0.2.7', '-q', '1'];
    expect((await runProcess('mosquitto_pub', args)).code).not.toBe(0);
    const wrong = [...args, '-u', 'me', '-P', 'simsalabim'];
    expect((await runProcess('mosquitto_pub', wrong)).code).not.toBe(0);
    const right = [...args, '-u', 'me', '-P', 'sesame'];
    expect((await runProcess('mosquitto_pub', right)).code).toBe(0);
    await vallumd.waitForOutput(/banned 192\.0\.2\.7/);
    await vallumd.kill();
  });

  it('survives clients that speak no MQTT, and connections that break off', async () => {
    const { port, vallumd } = await startListening();
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\x10\xff\xff\xff\xff\xff', '\x10\x0c', '']) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      await new Promise((resolve) => socket.write(Buffer.from(bytes, 'latin1'), resolve));
      socket.resetAndDestroy();
    }
    await publish(port, 'blacklist/add', '192.0.2.7');
    await vallumd.waitForOutput(/banned 192\.0\.2\.7/);
    expect((await vallumd.kill()).code).toBe(0);
  });

  it('lets nobody in while its password file is away, and goes on', async () => {
    const file = join(temporaryFolder(), 'password');
    await writeFile(file, 'sesame\n', { mode: 0o600 });
    const { port, vallumd } = await startListening('-u', 'me', '--password-file', file);
    await rm(file);
    const args = ['-p', port.toString(), '-t', 'blacklist/add', '-m', '192.0.2.7', '-q', '1'];
    const login = ['-u', 'me', '-P', 'sesame'];
    expect((await runProcess('mosquitto_pub', [...args, ...login])).code).not.toBe(0);
    await writeFile(file, 'sesame\n', { mode: 0o600 });
    expect((await runProcess('mosquitto_pub', [...args, ...login])).code).toBe(0);
    expect((await vallumd.kill()).code).toBe(0);
  });

  it('warns loudly where it listens to everybody without a password', async () => {
    const port = await freePort();
    const vallumd = await startVallumd([
      ...['--listen', `0.0.0.0:${port.toString()}`, '--backend', 'memory', '-t', 'blacklist'],
    ]);
    await vallumd.waitForOutput(/listening to blacklist\/#/);
    const { stderr } = await vallumd.kill();
    expect(stderr).toMatch(/warning: --listen 0\.0\.0\.0 lets everybody who reaches port \d+ ban/);
  });
});
