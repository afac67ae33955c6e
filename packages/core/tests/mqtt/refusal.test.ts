import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { startMosquitto, suiteNeeding, temporaryFolder, waitFor } from '@vallum/test-kit';
import { openTransport } from './opened-transport.js';

suiteNeeding(['mosquitto'], 'a broker that says no', () => {
  const users = { node: 'right-secret' };

  it.each([4, 5] as const)(
    'to the password is reported as refused, without the password (MQTT %d)',
    async (protocolVersion) => {
      const broker = await startMosquitto({ users });
      const client = openTransport({
        url: broker.url,
        username: 'node',
        password: 'wrong-secret',
        protocolVersion,
      });
      const state = await client.reaches('refused');
      expect(state.detail).toMatch(/"node"/);
      expect(state.retryInMs).toBeGreaterThanOrEqual(50);
      expect(JSON.stringify(client.states)).not.toContain('wrong-secret');
    },
  );

  it('to no credentials at all says that none were given', async () => {
    const broker = await startMosquitto({ users });
    const client = openTransport({ url: broker.url });
    expect((await client.reaches('refused')).detail).toMatch(
      /want a user name and password, and none was given/,
    );
  });

  it('yes with the right password, also from the URL', async () => {
    const broker = await startMosquitto({ users });
    const url = broker.url.replace('//', '//node:right%2Dsecret@');
    await openTransport({ url }).reaches('connected');
  });

  it('is asked again with the password read anew, until it is right', async () => {
    const broker = await startMosquitto({ users });
    let password = 'wrong-secret';
    const client = openTransport({ url: broker.url, username: 'node', password: () => password });
    await client.reaches('refused');
    password = 'right-secret';
    await client.reaches('connected');
  });

  it('is not asked while the password cannot be read, which is said', async () => {
    const broker = await startMosquitto({ users });
    let readable = false;
    const client = openTransport({
      url: broker.url,
      username: 'node',
      password: () => {
        if (!readable) throw Object.assign(new Error('secret'), { code: 'EACCES' });
        return users.node;
      },
    });
    const state = await client.reaches('refused');
    expect(state.detail).toMatch(/password.*EACCES/);
    expect(state.detail).not.toContain('secret');
    readable = true;
    await client.reaches('connected');
  });

  it('makes a waiting publish fail with its reason when the transport is closed', async () => {
    const broker = await startMosquitto({ users });
    const client = openTransport({ url: broker.url, username: 'node', password: 'wrong' });
    const publishing = client.transport.publish({ topic: 'a', payload: 'x' });
    const outcome = expect(publishing).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
    await client.reaches('refused');
    await client.transport.close();
    await outcome;
  });

  it('to a publication makes exactly that publication fail (MQTT 5)', async () => {
    const acl = join(temporaryFolder(), 'acl');
    writeFileSync(acl, 'topic read forbidden\ntopic readwrite allowed\n');
    const broker = await startMosquitto({ config: `acl_file ${acl}` });
    const client = openTransport({ url: broker.url });
    const [forbidden, allowed] = await Promise.allSettled([
      client.transport.publish({ topic: 'forbidden', payload: 'x', qos: 2 }),
      client.transport.publish({ topic: 'allowed', payload: 'x', qos: 2 }),
    ]);
    expect(forbidden).toMatchObject({
      status: 'rejected',
      reason: { code: 'BROKER_REFUSED', message: expect.stringMatching(/not authorised \(0x87\)/) },
    });
    expect(allowed.status).toBe('fulfilled');
    expect(client.states).toHaveLength(1);
  });

  it('to one filter grants the other, and says which and why', async () => {
    const broker = await startMosquitto({ config: dynamicSecurity() });
    const client = openTransport(
      { url: broker.url, username: 'node', password: 'pw', clientId: 'c' },
      ['forbidden/#', 'allowed'],
    );
    await waitFor(() => client.subscriptions.length === 2, { what: 'both answers' });
    expect(client.subscriptions).toEqual([
      ['forbidden/#', { refused: 'not authorised (0x87)' }],
      ['allowed', 'granted'],
    ]);
  });

  it('by hanging up soon, time and again: another client with the same id is suspected', async () => {
    const broker = await startMosquitto();
    const options = { url: broker.url, clientId: 'twin' };
    const first = openTransport(options);
    await first.reaches('connected');
    openTransport(options);
    await waitFor(() =>
      first.states.some(
        (state) => state.state === 'disconnected' && /another client.*"twin"/.test(state.detail),
      ),
    );
  });
});

/** Mosquitto's acl_file refuses no subscription; its dynamic security plugin does. */
function dynamicSecurity(): string {
  const folder = temporaryFolder();
  const plugin = [
    '/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so',
    '/usr/lib/aarch64-linux-gnu/mosquitto_dynamic_security.so',
    '/usr/lib/mosquitto_dynamic_security.so',
  ].find((path) => existsSync(path));
  if (plugin === undefined) throw new Error('mosquitto_dynamic_security.so is not installed');
  const salt = randomBytes(12);
  const config = {
    defaultACLAccess: {
      publishClientSend: true,
      publishClientReceive: true,
      subscribe: false,
      unsubscribe: true,
    },
    clients: [
      {
        username: 'node',
        roles: [{ rolename: 'reader' }],
        salt: salt.toString('base64'),
        iterations: 101,
        password: pbkdf2Sync('pw', salt, 101, 64, 'sha512').toString('base64'),
      },
    ],
    roles: [
      {
        rolename: 'reader',
        acls: [{ acltype: 'subscribeLiteral', topic: 'allowed', allow: true }],
      },
    ],
  };
  const file = join(folder, 'security.json');
  writeFileSync(file, JSON.stringify(config));
  return `plugin ${plugin}\nplugin_opt_config_file ${file}`;
}
