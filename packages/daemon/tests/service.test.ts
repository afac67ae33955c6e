import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { startProcess, suiteNeeding, temporaryFolder } from '@vallum/test-kit';
import { startVallumd } from './start-vallumd.js';

/** Prints what arrives on a unix datagram socket, one JSON string a datagram. */
const LISTEN = `
import json, socket, sys
path = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('\\0' + path[1:] if path[0] == '@' else path)
print('listening', flush=True)
while True: print(json.dumps(s.recv(65536).decode()), flush=True)
`;

async function playSystemd(path: string) {
  const systemd = await startProcess('python3', ['-c', LISTEN, path]);
  await systemd.waitForOutput(/listening/);
  systemd.clearOutput();
  return systemd;
}

const offline = ['-h', '127.0.0.1', '-p', '1', '-t', 'a', '--backend', 'memory'];

suiteNeeding(['python3'], 'vallumd under systemd', () => {
  it.each([
    ['a file', () => join(temporaryFolder(), 'notify')],
    ['the abstract namespace', () => `@vallum-test-${process.pid.toString()}`],
  ])('tells a socket in %s how it does, from start to end', async (_where, choose) => {
    const path = choose();
    const systemd = await playSystemd(path);
    const vallumd = await startVallumd(offline, {
      env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: '900000' },
    });
    await systemd.waitForOutput(/"READY=1"\n(?:.*\n)*"WATCHDOG=1"\n(?:.*\n)*"WATCHDOG=1"/);
    expect(systemd.stdout()).toContain('"STATUS=not connected to the broker; a 0 bans, ');

    systemd.clearOutput();
    vallumd.signal('SIGHUP');
    await systemd.waitForOutput(/"RELOADING=1\\nMONOTONIC_USEC=\d+"\n(?:.*\n)*"READY=1"/);

    systemd.clearOutput();
    const { code, stderr } = await vallumd.kill();
    expect([code, stderr.includes('systemd')]).toEqual([0, false]);
    await systemd.waitForOutput(/"STOPPING=1"/);
  });

  it('is not ready before its first look at the sets has ended', async () => {
    // An ipset that does not answer, as one that waits for the kernel.
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'ipset'), '#!/bin/sh\nexec sleep 5\n', { mode: 0o755 });
    const path = join(folder, 'notify');
    const systemd = await playSystemd(path);
    const vallumd = await startVallumd(
      [
        ...['-h', '127.0.0.1', '-p', '1', '-t', 'a', '--state-dir', folder],
        ...['--backend', 'ipset-process'],
      ],
      {
        env: {
          NOTIFY_SOCKET: path,
          WATCHDOG_USEC: '900000',
          PATH: `${folder}:${process.env['PATH'] ?? ''}`,
        },
      },
    );
    await vallumd.waitForOutput(/starts as/);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(systemd.stdout()).not.toMatch(/READY|WATCHDOG/);
    await vallumd.kill('SIGKILL');
  });

  it('goes on where the socket cannot be had, and says so', async () => {
    const vallumd = await startVallumd(offline, { env: { NOTIFY_SOCKET: '/dev/null/none' } });
    await vallumd.waitForOutput(/warning: systemd is not told how vallumd does: .*errno/);
    await vallumd.waitForOutput(/not connected to the broker/);
    expect((await vallumd.kill()).code).toBe(0);
  });
});
