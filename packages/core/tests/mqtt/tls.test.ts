import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import {
  type Certificates,
  makeCertificates,
  mustRun,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
} from '@vallum/test-kit';
import { createMqttTransport } from '../../src/mqtt/index.js';
import { openTransport } from './opened-transport.js';

suiteNeeding(['mosquitto', 'openssl'], 'a broker behind TLS', () => {
  let own: Certificates;
  let foreign: Certificates;
  beforeAll(async () => {
    [own, foreign] = await Promise.all([
      makeCertificates(temporaryFolder()),
      makeCertificates(temporaryFolder()),
    ]);
  });
  const server = (files: Certificates) => ({
    ca: files.ca,
    cert: files.serverCert,
    key: files.serverKey,
  });

  it('is trusted with its own CA file, by name and by address', async () => {
    const broker = await startMosquitto({ tls: server(own) });
    for (const host of ['localhost', '127.0.0.1', '::1']) {
      const client = openTransport({ host, port: broker.port, tls: true, caFile: own.ca }, ['a']);
      await client.granted('a');
      await client.transport.publish({ topic: 'a', payload: host });
      expect(await client.received(1)).toEqual([host]);
    }
    await openTransport({ url: broker.url, caFile: own.ca }).reaches('connected');
  });

  it('is refused with another CA, and with the system ones, and programs hear that by its code', async () => {
    const broker = await startMosquitto({ tls: server(own) });
    for (const trust of [{ caFile: foreign.ca }, {}]) {
      const state = await openTransport({ url: broker.url, ...trust }).reaches('refused');
      expect(state.detail).toMatch(/is signed by "Vallum test CA"/);
      expect(state.code).toBe('certificate-untrusted');
    }
  });

  it('is refused when its certificate is for another host, and the names it holds are said', async () => {
    const folder = temporaryFolder();
    await selfSigned(folder, 'elsewhere.example', 2);
    const cert = join(folder, 'cert.pem');
    const broker = await startMosquitto({ tls: { ca: cert, cert, key: join(folder, 'key.pem') } });
    const state = await openTransport({ url: broker.url, caFile: cert }).reaches('refused');
    expect(state.detail).toMatch(/another host.*elsewhere\.example/);
    const distrusted = await openTransport({ url: broker.url }).reaches('refused');
    expect(distrusted.detail).toMatch(/self-signed, and the list of the system's authorities/);
  });

  it('is refused when its certificate has expired', async () => {
    const folder = temporaryFolder();
    await selfSigned(folder, 'localhost', -1);
    const cert = join(folder, 'cert.pem');
    const broker = await startMosquitto({ tls: { ca: cert, cert, key: join(folder, 'key.pem') } });
    const state = await openTransport({ url: broker.url, caFile: cert }).reaches('refused');
    expect(state.detail).toMatch(/expired on \d{4}-/);
  });

  it('that asks for a client certificate gets it, and otherwise says what it wants', async () => {
    const broker = await startMosquitto({ tls: { ...server(own), requireCertificate: true } });
    const good = openTransport({
      url: broker.url,
      caFile: own.ca,
      certFile: own.clientCert,
      keyFile: own.clientKey,
    });
    await good.reaches('connected');
    const without = await openTransport({ url: broker.url, caFile: own.ca }).reaches('refused');
    expect(without.detail).toMatch(/want a client certificate, and none was given$/);
    const wrong = openTransport({
      url: broker.url,
      caFile: own.ca,
      certFile: foreign.clientCert,
      keyFile: foreign.clientKey,
    });
    expect((await wrong.reaches('refused')).detail).toMatch(
      /does not accept the client certificate ".*" \(for "client", signed by "Vallum test CA", valid until .*\)/,
    );
  });

  it('is reached through a secure WebSocket, under the same checks', async () => {
    const broker = await startMosquitto({ tls: server(own), websockets: true });
    expect(broker.url).toMatch(/^wss:/);
    const good = openTransport({ url: broker.url, caFile: own.ca });
    expect((await good.reaches('connected')).brokerAddresses).toContain('127.0.0.1');
    const bad = await openTransport({ url: broker.url, caFile: foreign.ca }).reaches('refused');
    expect(bad.detail).toMatch(/another key/);
  });

  it('and a client without TLS, or the other way round, do not understand each other, and say so', async () => {
    const secure = await startMosquitto({ tls: server(own) });
    const plainClient = openTransport({ host: 'localhost', port: secure.port });
    expect(await plainClient.reaches('disconnected')).toMatchObject({
      code: 'no-answer-without-tls',
      detail: expect.stringMatching(/TLS/),
    });
    const plain = await startMosquitto();
    const secureClient = openTransport({ host: 'localhost', port: plain.port, caFile: own.ca });
    const state = await secureClient.reaches('disconnected');
    expect(state.detail).toMatch(/TLS/);
  });

  it('needs files that exist, fit together and hold what they should', () => {
    const make = (files: object) => () =>
      createMqttTransport({ url: 'mqtts://localhost', ...files });
    expect(make({ caFile: '/nowhere/ca.crt' })).toThrow(/CA file "\/nowhere\/ca.crt": ENOENT/);
    expect(make({ caFile: own.clientKey })).toThrow(/no PEM block "CERTIFICATE"/);
    expect(make({ certFile: own.clientCert })).toThrow(
      /both its certificate file and its key file/,
    );
    expect(make({ certFile: own.clientCert, keyFile: foreign.clientKey })).toThrow(/together/);
    expect(make({ certFile: own.clientCert, keyFile: own.clientKey })).not.toThrow();
  });
});

async function selfSigned(folder: string, name: string, days: number): Promise<void> {
  const [key, request, cert] = ['key.pem', 'request.pem', 'cert.pem'].map((file) =>
    join(folder, file),
  ) as [string, string, string];
  await mustRun('openssl', [
    ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
    ...['-keyout', key, '-out', request],
  ]);
  await mustRun('openssl', [
    ...['x509', '-req', '-days', String(days), '-copy_extensions', 'copy'],
    ...['-in', request, '-signkey', key, '-out', cert],
  ]);
}
