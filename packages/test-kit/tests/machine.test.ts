import { connect } from 'node:net';
import { expect, it } from '@jest/globals';
import {
  connectNamespaces,
  createNamespace,
  freePort,
  makeCertificates,
  mustRun,
  ownNamespace,
  runProcess,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
} from '../src/index.js';

suiteNeeding(['mosquitto', 'mosquitto-clients'], 'startMosquitto', () => {
  it('keeps port and retained messages over a restart', async () => {
    const broker = await startMosquitto({ persistence: true, users: { web1: 'p w:1' } });
    const client = ['-h', '127.0.0.1', '-p', String(broker.port), '-u', 'web1', '-P', 'p w:1'];
    await mustRun('mosquitto_pub', [...client, '-q', '1', '-r', '-t', 'kept', '-m', 'yes']);
    await broker.restart();
    expect(await mustRun('mosquitto_sub', [...client, '-t', 'kept', '-C', '1', '-W', '5'])).toBe(
      'yes\n',
    );
    await broker.kill();
    await broker.stop();
  });

  it('refuses a wrong password', async () => {
    const { port } = await startMosquitto({ users: { web1: 'right' } });
    const where = ['-h', '127.0.0.1', '-p', String(port), '-t', 'x', '-m', 'x'];
    const refused = await runProcess('mosquitto_pub', [...where, '-u', 'web1', '-P', 'wrong']);
    expect(refused.code).not.toBe(0);
  });

  it('refuses MQTT 5 where it plays an older broker', async () => {
    const { port } = await startMosquitto({ maxProtocol: 4 });
    const where = ['-h', '127.0.0.1', '-p', String(port), '-t', 'x', '-m', 'x'];
    expect((await runProcess('mosquitto_pub', [...where, '-V', '5'])).code).not.toBe(0);
    await mustRun('mosquitto_pub', [...where, '-V', '311']);
  });
});

suiteNeeding(['mosquitto', 'mosquitto-clients', 'openssl'], 'startMosquitto with TLS', () => {
  it('asks for a client certificate of its own authority', async () => {
    const files = await makeCertificates(temporaryFolder(), { names: ['10.7.0.1', 'broker.test'] });
    const { port } = await startMosquitto({
      tls: {
        ca: files.ca,
        cert: files.serverCert,
        key: files.serverKey,
        requireCertificate: true,
      },
    });
    const where = ['-h', 'localhost', '-p', String(port), '--cafile', files.ca];
    const message = ['-q', '1', '-t', 'x', '-m', 'x'];
    await mustRun('mosquitto_pub', [
      ...where,
      ...message,
      ...['--cert', files.clientCert, '--key', files.clientKey],
    ]);
    expect((await runProcess('mosquitto_pub', [...where, ...message])).code).not.toBe(0);
  });
});

suiteNeeding(['namespace', 'iproute', 'ipset', 'iptables'], 'createNamespace', () => {
  it('gives each its own kernel sets, and a cable between them', async () => {
    const firewall = await createNamespace('fw1');
    const attacker = await createNamespace('attacker');
    await connectNamespaces(firewall, attacker, {
      left: ['10.7.0.1/24', 'fd00:7::1/64'],
      right: ['10.7.0.2/24', 'fd00:7::2/64'],
    });
    await firewall.exec('ipset', ['create', 'only-here', 'hash:ip']);
    expect(await firewall.exec('ipset', ['list', '-n'])).toBe('only-here\n');
    expect(await attacker.exec('ipset', ['list', '-n'])).toBe('');
    expect(await attacker.exec('ip', ['-br', 'address'])).toContain('10.7.0.2/24');
    await firewall.remove();
    // The kernel takes a namespace and its interfaces away a moment after its last process.
    await waitFor(async () => !(await attacker.exec('ip', ['-br', 'link'])).includes('to-fw1'), {
      what: 'the far end of the cable to go',
    });
    await attacker.remove();
    await attacker.remove();
  });

  it('connects to the namespace of the tests, over both families', async () => {
    const far = await createNamespace('far');
    await connectNamespaces(ownNamespace, far, {
      left: ['10.8.0.1/24', 'fd00:8::1/64'],
      right: ['10.8.0.2/24', 'fd00:8::2/64'],
    });
    const port = await freePort();
    const script = `require('net').createServer(s => s.end('hi')).listen(${String(port)}, () => console.log('up'))`;
    await (await far.start(process.execPath, ['-e', script])).waitForOutput(/up/);
    for (const host of ['10.8.0.2', 'fd00:8::2']) {
      const said = await new Promise((resolve, reject) => {
        connect(port, host).on('error', reject).on('data', resolve);
      });
      expect(String(said)).toBe('hi');
    }
  });
});
