import { readFileSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest, type RequestOptions } from 'node:https';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import {
  freePort,
  makeCertificates,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type RunningProcess,
} from '@vallum/test-kit';
import { publish, startVallumd } from './start-vallumd.js';

const TOKEN = 'correct-horse-battery';

suiteNeeding(['mosquitto-clients', 'openssl'], 'vallumd --http', () => {
  let vallumd: RunningProcess | undefined;
  let broker = 0;
  let port = 0;

  afterEach(() => vallumd?.kill());

  const start = async (host: string, ...more: readonly string[]) => {
    broker = await freePort();
    port = await freePort();
    vallumd = await startVallumd([
      ...['--listen', broker.toString(), '-t', 'blacklist', '--backend', 'memory'],
      ...['--http', `${host}:${port.toString()}`, ...more],
    ]);
    await vallumd.waitForOutput(/listening to blacklist/);
    await vallumd.waitForOutput(/HTTP is answered on \S+ port/);
    return vallumd;
  };
  const get = (path: string, options: RequestOptions = {}, tls = false) =>
    new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const wanted = { host: '127.0.0.1', port, path, agent: false, ...options } as const;
      (tls ? tlsRequest : plainRequest)(wanted, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode, text });
        });
      })
        .on('error', reject)
        .end();
    });

  it('counts for Prometheus, and answers programs', async () => {
    await start('127.0.0.1');
    const asked = Date.now() - 20;
    await publish(
      broker,
      'blacklist/add',
      `203.0.113.7 timeout 600 origin web1.sshd at ${asked.toString()}`,
    );
    const { text } = await waitFor(
      async () => {
        const answer = await get('/metrics');
        return answer.text.includes('outcome="banned"} 1') ? answer : undefined;
      },
      { timeoutMs: 10_000, what: 'the ban among the metrics' },
    );
    expect(text).toContain(
      'vallum_bans_total{set="blacklist",origin_class="sshd",outcome="banned"} 1',
    );
    expect(text).toMatch(/^vallum_ban_lag_seconds_count 1$/m);
    expect((await get('/healthz')).status).toBe(200);
    expect(JSON.parse((await get('/api/why?address=203.0.113.7')).text)).toMatchObject({
      blocked: true,
    });
    expect((await get('/api/reconcile', { method: 'POST' })).status).toBe(405);
    expect((await get('/api/status', { headers: { host: 'evil.example' } })).status).toBe(421);
    const huge = await get('/', { headers: { 'x-filler': 'x'.repeat(10_000) } });
    expect(huge.status).toBe(431);
  });

  it('holds on to a bounded number of connections', async () => {
    await start('127.0.0.1');
    const sockets = Array.from({ length: 100 }, () =>
      connect(port, '127.0.0.1').on('error', () => undefined),
    );
    const isClosed = await waitFor(
      () => {
        const closed = sockets.filter(({ closed: gone }) => gone).length;
        return Promise.resolve(closed >= 36 ? closed : undefined);
      },
      { timeoutMs: 10_000, what: 'connections that are too many' },
    );
    expect(isClosed).toBeLessThan(100);
    for (const socket of sockets) socket.destroy();
    await waitFor(
      async () => (await get('/healthz').catch(() => undefined))?.status === 200 || undefined,
      {
        timeoutMs: 10_000,
        what: 'an answer again',
      },
    );
  });

  it('asks other machines for the token, which no log tells', async () => {
    const file = join(temporaryFolder(), 'token');
    writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
    const running = await start('0.0.0.0', '--http-token-file', file);
    const status = async (authorization?: string) =>
      (await get('/healthz', authorization === undefined ? {} : { headers: { authorization } }))
        .status;
    expect(await status()).toBe(401);
    expect(await status('Bearer wrong')).toBe(401);
    expect(await status(`Bearer ${TOKEN}`)).toBe(200);
    expect(await status(`Basic ${Buffer.from(`me:${TOKEN}`).toString('base64')}`)).toBe(200);
    expect(running.output()).not.toContain(TOKEN);
  });

  it('speaks TLS, and lets in who has a certificate of the CA', async () => {
    const certificates = await makeCertificates(temporaryFolder());
    const { ca, serverCert, serverKey } = certificates;
    await start(
      '0.0.0.0',
      ...['--http-cert', serverCert, '--http-key', serverKey, '--http-client-ca', ca],
    );
    const trust = { ca: readFileSync(ca), servername: 'localhost' };
    const own = {
      cert: readFileSync(certificates.clientCert),
      key: readFileSync(certificates.clientKey),
    };
    expect((await get('/healthz', { ...trust, ...own }, true)).status).toBe(200);
    await expect(get('/healthz', trust, true)).rejects.toThrow();
    await expect(get('/healthz')).rejects.toThrow();
  });

  it('is tried again where another program has the port, and bans work all the same', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port: theirs } = taken.address() as { port: number };
    vallumd = await startVallumd([
      ...['--listen', (await freePort()).toString(), '-t', 'blacklist', '--backend', 'memory'],
      ...['--http', theirs.toString()],
    ]);
    await vallumd.waitForOutput(
      /HTTP cannot be answered on 127\.0\.0\.1 port \d+: another program listens there; it is tried again, bans work all the same/,
    );
    await vallumd.waitForOutput(/listening to blacklist/);
    taken.close();
  });
});
