import { expect, it } from '@jest/globals';
import { connectAsync } from 'mqtt';
import { startMosquitto, suiteNeeding, waitFor } from '@vallum/test-kit';
import { createMqttTransport, type MqttOptions } from '../../src/mqtt/index.js';
import { cuttableRelay } from './cuttable-relay.js';
import { openTransport } from './opened-transport.js';

suiteNeeding(['mosquitto'], 'what must not be lost', () => {
  const persistent = { clientId: 'node1', cleanSession: false } as const;

  it.each([4, 5] as const)(
    'messages sent while a persistent client is away arrive after its return (MQTT %d)',
    async (protocolVersion) => {
      const broker = await startMosquitto();
      const options: MqttOptions = { url: broker.url, ...persistent, protocolVersion };
      const before = openTransport(options, ['bans']);
      await before.granted('bans');
      await before.transport.close();
      const sender = openTransport({ url: broker.url });
      await sender.transport.publish({ topic: 'bans', payload: 'meanwhile 1', qos: 1 });
      await sender.transport.publish({ topic: 'bans', payload: 'meanwhile 2', qos: 2 });
      const after = openTransport(options, ['bans']);
      expect(await after.received(2)).toEqual(['meanwhile 1', 'meanwhile 2']);
      expect(after.states[0]).toMatchObject({ sessionPresent: true, protocolVersion });
    },
  );

  it('messages of an old subscription at QoS 2 are confirmed once they are handled', async () => {
    const broker = await startMosquitto();
    const options = { clientId: 'node1', clean: false } as const;
    const earlier = await connectAsync(broker.url, options);
    await earlier.subscribeAsync('bans', { qos: 2 });
    await earlier.endAsync();
    const sender = openTransport({ url: broker.url });
    await sender.transport.publish({ topic: 'bans', payload: 'one', qos: 2 });
    await sender.transport.publish({ topic: 'bans', payload: 'two', qos: 2 });
    let finish: () => void = () => undefined;
    const after = openTransport(
      { url: broker.url, ...persistent },
      ['bans'],
      () => new Promise((resolve) => (finish = resolve)),
    );
    expect(await after.received(1)).toEqual(['one']);
    expect(broker.log()).not.toMatch(/Received PUBREC from node1/);
    finish();
    expect(await after.received(2)).toEqual(['one', 'two']);
    finish();
    await waitFor(() => broker.log().split('Received PUBCOMP from node1').length === 3);
    expect(after.payloads).toEqual(['one', 'two']);
  });

  it('over WebSocket, too, each of many arrives once and is confirmed', async () => {
    const broker = await startMosquitto({ websockets: true });
    const options = { url: `${broker.url}/mqtt`, ...persistent };
    const before = openTransport(options, ['bans']);
    await before.granted('bans');
    await before.transport.close();
    const sender = openTransport({ url: broker.url });
    const payloads = Array.from({ length: 100 }, (_, index) => index.toString());
    for (const payload of payloads) await sender.transport.publish({ topic: 'bans', payload });
    const after = openTransport(options, ['bans']);
    expect(await after.received(100)).toEqual(payloads);
    await waitFor(() => broker.log().split('Received PUBACK from node1').length === 101);
  });

  it('a message whose handling was not finished when the connection broke comes again', async () => {
    const broker = await startMosquitto();
    const relay = await cuttableRelay(broker.port);
    let finish: () => void = () => undefined;
    const client = openTransport(
      { host: '127.0.0.1', port: relay.port, ...persistent },
      ['bans'],
      () => new Promise((resolve) => (finish = resolve)),
    );
    await client.granted('bans');
    const sender = openTransport({ url: broker.url });
    await sender.transport.publish({ topic: 'bans', payload: 'once' });
    await client.received(1);
    expect(broker.log()).not.toMatch(/Received PUBACK from node1/);
    relay.cut();
    await client.reaches('disconnected');
    await client.reaches('connected');
    expect(client.payloads).toEqual(['once']);
    finish();
    await client.received(2);
    finish();
    await waitFor(() => broker.log().includes('Received PUBACK from node1'));
    expect(client.payloads).toEqual(['once', 'once']);
  });

  it('close waits for the handler, acknowledges, and leaves the rest with the broker', async () => {
    const broker = await startMosquitto();
    const options = { url: broker.url, ...persistent };
    let finish: () => void = () => undefined;
    const first = openTransport(
      options,
      ['bans'],
      () => new Promise((resolve) => (finish = resolve)),
    );
    await first.granted('bans');
    const sender = openTransport({ url: broker.url });
    await sender.transport.publish({ topic: 'bans', payload: 'held' });
    await sender.transport.publish({ topic: 'bans', payload: 'next' });
    await first.received(1);
    const closing = first.transport.close();
    finish();
    await closing;
    expect(first.payloads).toEqual(['held']);
    const second = openTransport(options, ['bans']);
    expect(await second.received(1)).toEqual(['next']);
  });

  it('a handler that breaks its contract is reported, and does not stop what follows', async () => {
    const broker = await startMosquitto();
    const client = openTransport({ url: broker.url, ...persistent }, ['bans'], (message) =>
      message.payload.length === 6 ? Promise.reject(new Error('broken\n')) : Promise.resolve(),
    );
    await client.granted('bans');
    await client.transport.publish({ topic: 'bans', payload: 'poison' });
    await client.transport.publish({ topic: 'bans', payload: 'good' });
    expect(await client.received(2)).toEqual(['poison', 'good']);
    expect(client.warnings).toEqual([
      'a message on "bans" could not be handled and is lost: "broken\\n"',
    ]);
    await waitFor(() => broker.log().split('Received PUBACK from node1').length === 3);
  });

  it('subscriptions of an earlier configuration are taken back when they show themselves', async () => {
    const broker = await startMosquitto();
    const options = { url: broker.url, ...persistent };
    const earlier = openTransport(options, ['old/#', 'bans']);
    await earlier.granted('old/#', 'bans');
    await earlier.transport.close();
    const client = openTransport(options, ['bans']);
    await client.granted('bans');
    const sender = openTransport({ url: broker.url });
    await sender.transport.publish({ topic: 'old/add', payload: 'stray' });
    await waitFor(() => client.warnings.length === 1);
    expect(client.warnings[0]).toMatch(/"old\/add".*old subscription/);
    await client.transport.publish({ topic: 'bans', payload: 'settled' });
    await client.received(1);
    await sender.transport.publish({ topic: 'old/add', payload: 'stray' });
    await sender.transport.publish({ topic: 'bans', payload: 'end' });
    expect(await client.received(2)).toEqual(['settled', 'end']);
    expect(broker.log().match(/Sending PUBLISH to node1 .*'old\/add'/g)).toHaveLength(1);
  });

  it('a publication is sent again until it is confirmed', async () => {
    const broker = await startMosquitto();
    const relay = await cuttableRelay(broker.port);
    const receiver = openTransport({ url: broker.url }, ['bans']);
    await receiver.granted('bans');
    const sender = openTransport({ host: '127.0.0.1', port: relay.port });
    await sender.reaches('connected');
    relay.mute();
    const publishing = sender.transport.publish({ topic: 'bans', payload: 'ban', qos: 2 });
    relay.cut();
    await publishing;
    expect(await receiver.received(1)).toContain('ban');
    expect(sender.states.filter(({ state }) => state === 'connected')).toHaveLength(2);
  });

  it('the last will fires when the connection breaks, and not after close', async () => {
    const broker = await startMosquitto();
    const watcher = openTransport({ url: broker.url }, ['status/#']);
    await watcher.granted('status/#');
    const relay = await cuttableRelay(broker.port);
    const will = { topic: 'status/node1', payload: 'gone', qos: 1 as const, retain: true };
    const node = openTransport({ host: '127.0.0.1', port: relay.port, will });
    await node.reaches('connected');
    relay.cut();
    expect(await watcher.received(1)).toEqual(['gone']);
    await node.reaches('connected');
    await node.transport.publish({ topic: 'status/node1', payload: 'leaving', retain: true });
    await node.transport.close();
    await watcher.transport.publish({ topic: 'status/marker', payload: 'marker' });
    expect(await watcher.received(3)).toEqual(['gone', 'leaving', 'marker']);
  });

  it.each(['mqtt', 'ws'] as const)(
    'the last will waits as long as it is told to, and is not published where the node is back (%s)',
    async (scheme) => {
      const broker = await startMosquitto(scheme === 'ws' ? { websockets: true } : {});
      const watcher = openTransport({ url: broker.url }, ['status/#']);
      await watcher.granted('status/#');
      const relay = await cuttableRelay(broker.port);
      const will = { topic: 'status/node1', payload: 'gone', delaySeconds: 2 };
      const url = `${scheme}://127.0.0.1:${relay.port}`;
      const node = openTransport({ url, ...persistent, will });
      await node.reaches('connected');
      relay.cut();
      await node.reaches('connected');
      relay.shut(true);
      expect(await watcher.received(1)).toEqual(['gone']);
      // Of two ends only the second was one, and it was told later than it came.
      const [first, second] =
        broker.log().match(/^\d+(?=: .*node1.* (closed|disconnected))/gm) ?? [];
      expect([first, second]).not.toContain(undefined);
      expect(Date.now() / 1000 - Number(second)).toBeGreaterThanOrEqual(1);
      expect(watcher.payloads).toEqual(['gone']);
    },
  );

  it('what is not confirmed at close is rejected, and nothing can be published after it', async () => {
    const transport = createMqttTransport({ host: '127.0.0.1', port: 1 });
    const early = transport.publish({ topic: 'a', payload: 'x' });
    const rejected = expect(early).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
    await transport.close();
    await rejected;
    await expect(transport.publish({ topic: 'a', payload: 'x' })).rejects.toMatchObject({
      code: 'CLOSED',
    });
  });
});
