import { once } from 'node:events';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  freePort,
  makeCertificates,
  mustRun,
  runProcess,
  suiteNeeding,
  temporaryFolder,
  type RunningProcess,
} from '@vallum/test-kit';
import { publish, runVallumd, startVallumd } from './start-vallumd.js';

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
    const { code, stderr } = await vallumd.kill();
    expect([code, stderr.includes('client')]).toEqual([0, false]);
  });

  it('tells who asked, until when and why', async () => {
    const { port, vallumd } = await startListening();
    const until = 4_102_444_800;
    const entry = { address: '192.0.2.8', until, origin: 'web1', reason: 'ssh "x"\u001b[2J' };
    await publish(port, 'blacklist/add', JSON.stringify({ ...entry, reason: 'ssh "x"' }));
    await vallumd.waitForOutput(
      /banned 192\.0\.2\.8 in blacklist until 2100-01-01 00:00:00 UTC \(origin web1, reason "ssh \\"x\\"", via blacklist\/add\)/,
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

suiteNeeding(['mosquitto-clients', 'openssl'], 'vallumd that is its own broker with TLS', () => {
  const message = (port: number, ca: string) => [
    ...['-h', 'localhost', '-p', port.toString(), '--cafile', ca, '-q', '1'],
    ...['-t', 'blacklist/add', '-m', '192.0.2.7'],
  ];

  it('bans over TLS only, as the name of its certificate, without trusting it itself', async () => {
    const { ca, serverCert, serverKey } = await makeCertificates(temporaryFolder());
    const { port, vallumd } = await startListening(
      ...['--listen-cert', serverCert, '--listen-key', serverKey],
    );
    expect((await runProcess('mosquitto_pub', message(port, ca))).code).toBe(0);
    await vallumd.waitForOutput(/banned 192\.0\.2\.7/);
    const plain = ['-p', port.toString(), '-q', '1', '-t', 'blacklist/add', '-m', '192.0.2.8'];
    expect((await runProcess('mosquitto_pub', plain)).code).not.toBe(0);
    const old = ['-cipher', 'DEFAULT@SECLEVEL=0', '-connect', `localhost:${port.toString()}`];
    expect((await runProcess('openssl', ['s_client', '-tls1_2', ...old])).code).toBe(0);
    expect((await runProcess('openssl', ['s_client', '-tls1_1', ...old])).code).not.toBe(0);
    const { code, stderr } = await vallumd.kill();
    expect([code, stderr.includes('192.0.2.8')]).toEqual([0, false]);
  });

  it('shows a renewed certificate to the next client, and the old one while the new is broken', async () => {
    const folder = temporaryFolder();
    const [cert, key] = [join(folder, 'broker.pem'), join(folder, 'broker.key')];
    const first = await makeCertificates(temporaryFolder());
    const second = await makeCertificates(temporaryFolder());
    await copyFile(first.serverCert, cert);
    await copyFile(first.serverKey, key);
    const { port, vallumd } = await startListening('--listen-cert', cert, '--listen-key', key);

    await copyFile(second.serverCert, cert);
    expect((await runProcess('mosquitto_pub', message(port, first.ca))).code).toBe(0);
    await vallumd.waitForOutput(
      /cannot be used together.*the certificate from before stays in use/,
    );
    await copyFile(second.serverKey, key);
    expect((await runProcess('mosquitto_pub', message(port, second.ca))).code).toBe(0);
    expect((await runProcess('mosquitto_pub', message(port, first.ca))).code).not.toBe(0);
    await vallumd.kill();
  });

  it('says what is wrong with the files before it starts', async () => {
    const { serverCert, serverKey, clientKey } = await makeCertificates(temporaryFolder());
    const check = async (...words: string[]) => {
      const args = [
        '--listen',
        '8883',
        '-t',
        'a',
        '--backend',
        'memory',
        '--check-config',
        ...words,
      ];
      const { code, stderr } = await runVallumd(args);
      return [code, stderr];
    };
    const wrong = [
      [['--listen-cert', serverCert], /--listen-cert .* needs the key of the certificate/],
      [['--listen-key', serverKey], /--listen-key .* needs the certificate of the key/],
      [['--listen-cert', serverCert, '--listen-key', clientKey], /cannot be used together/],
      [['--listen-cert', serverKey, '--listen-key', serverKey], /no PEM block "CERTIFICATE"/],
      [['--listen-cert', '/none', '--listen-key', serverKey], /"\/none" of --listen-cert: ENOENT/],
      [['-u', 'me'], /needs a password too/],
    ] as const;
    for (const [words, expected] of wrong) {
      expect(await check(...words)).toEqual([78, expect.stringMatching(expected)]);
    }
    expect((await check('--listen-cert', serverCert, '--listen-key', serverKey))[0]).toBe(0);
  });

  it('warns of a certificate that has ended', async () => {
    const folder = temporaryFolder();
    const [cert, key] = [join(folder, 'c.pem'), join(folder, 'k.pem')];
    const request = join(folder, 'c.csr');
    await mustRun('openssl', [
      ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', '/CN=old', '-keyout', key, '-out', request],
    ]);
    const sign = ['x509', '-req', '-days', '0', '-in', request, '-signkey', key, '-out', cert];
    await mustRun('openssl', sign);
    // It ends in the second in which it was made.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const { stderr } = await runVallumd([
      ...['--listen', '8883', '-t', 'a', '--backend', 'memory', '--check-config'],
      ...['--listen-cert', cert, '--listen-key', key],
    ]);
    expect(stderr).toMatch(/c\.pem" ended on .*clients refuse it, so renew it/);
  });
});
