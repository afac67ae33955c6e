import { expect, it } from '@jest/globals';
import { startMosquitto, suiteNeeding, waitFor } from '@vallum/test-kit';
import { openTransport } from './opened-transport.js';

suiteNeeding(['mosquitto'], 'messages through a real broker', () => {
  it('arrive at every QoS, in order, and publish settles when the broker has confirmed', async () => {
    const broker = await startMosquitto();
    const receiver = openTransport({ url: broker.url }, ['list/#']);
    await receiver.granted('list/#');
    const sender = openTransport({ host: '127.0.0.1', port: broker.port });
    await sender.transport.publish({ topic: 'list/add', payload: 'zero', qos: 0 });
    await sender.transport.publish({ topic: 'list/add', payload: 'one' });
    await sender.transport.publish({ topic: 'list/del', payload: Buffer.from('two'), qos: 2 });
    expect(await receiver.received(3)).toEqual(['zero', 'one', 'two']);
    expect(receiver.messages.map(({ topic }) => topic)).toEqual([
      'list/add',
      'list/add',
      'list/del',
    ]);
    expect(await sender.reaches('connected')).toEqual({
      state: 'connected',
      sessionPresent: false,
      protocolVersion: 5,
      brokerAddresses: ['127.0.0.1'],
    });
  });

  it('published before the transport is opened or connected are sent afterwards', async () => {
    const broker = await startMosquitto();
    const receiver = openTransport({ url: broker.url }, ['a']);
    await receiver.granted('a');
    const sender = openTransport({ url: broker.url });
    const numbers = Array.from({ length: 200 }, (_, index) => String(index));
    await Promise.all(
      numbers.map((payload, index) =>
        sender.transport.publish({ topic: 'a', payload, qos: index % 2 === 0 ? 1 : 2 }),
      ),
    );
    expect([...(await receiver.received(200))].sort()).toEqual(numbers.sort());
  });

  it('kept by the broker are marked as retained, and come again on a new subscription', async () => {
    const broker = await startMosquitto();
    const sender = openTransport({ url: broker.url });
    await sender.transport.publish({ topic: 'kept/x', payload: 'old', retain: true });
    await sender.transport.publish({
      topic: 'kept/y',
      payload: 'short',
      retain: true,
      expirySeconds: 1,
    });
    const receiver = openTransport({ url: broker.url }, ['kept/x']);
    expect(await receiver.received(1)).toEqual(['old']);
    expect(receiver.messages[0]?.retained).toBe(true);
    await waitFor(
      async () => {
        const late = openTransport({ url: broker.url }, ['kept/#']);
        await late.received(1);
        await late.transport.publish({ topic: 'kept/marker', payload: 'marker' });
        await waitFor(() => late.payloads.includes('marker'));
        return !late.payloads.includes('short');
      },
      { what: 'the message to expire', intervalMs: 200 },
    );
  });

  it('follow the filters when they are replaced at run time', async () => {
    const broker = await startMosquitto();
    const receiver = openTransport({ url: broker.url }, ['old', 'both']);
    await receiver.granted('old', 'both');
    receiver.transport.subscribe(['both', 'new']);
    await receiver.granted('new');
    const sender = openTransport({ url: broker.url });
    await sender.transport.publish({ topic: 'old', payload: 'old' });
    await sender.transport.publish({ topic: 'both', payload: 'both' });
    await sender.transport.publish({ topic: 'new', payload: 'new' });
    expect(await receiver.received(2)).toEqual(['both', 'new']);
    expect(receiver.warnings).toEqual([]);
    expect(broker.log()).toMatch(/Received UNSUBSCRIBE/);
  });

  it('travel over WebSocket, and the peer is known there too', async () => {
    const broker = await startMosquitto({ websockets: true });
    expect(broker.url).toMatch(/^ws:/);
    const receiver = openTransport({ url: `${broker.url}/mqtt` }, ['a']);
    await receiver.granted('a');
    await receiver.transport.publish({ topic: 'a', payload: 'over ws', qos: 2 });
    expect(await receiver.received(1)).toEqual(['over ws']);
    const state = await receiver.reaches('connected');
    expect(state.brokerAddresses).toEqual(['127.0.0.1']);
  });

  it.each([
    ['TCP', false],
    ['WebSocket', true],
  ])('that nobody hears are told apart, over %s', async (_way, websockets) => {
    const broker = await startMosquitto({ websockets });
    const sender = openTransport({ url: broker.url });
    const caveats: string[] = [];
    const publish = (topic: string) =>
      sender.transport.publish(
        { topic, payload: 'x' },
        { caveat: (caveat) => caveats.push(`${topic} ${caveat}`) },
      );
    const present = openTransport({ url: broker.url }, ['present']);
    await present.granted('present');
    const session = { url: broker.url, clientId: 'absent', cleanSession: false };
    const absent = openTransport(session, ['absent']);
    await absent.granted('absent');
    await absent.transport.close();
    for (const topic of ['present', 'absent', 'typo']) await publish(topic);
    expect(caveats).toEqual(['typo unheard']);
  });

  it('reach a broker by name and by IPv6 address, bare and in brackets', async () => {
    const broker = await startMosquitto();
    for (const host of ['localhost', '::1', '[::1]']) {
      const transport = openTransport({ host, port: broker.port });
      const state = await transport.reaches('connected');
      expect(state.brokerAddresses).toContain(host === 'localhost' ? '127.0.0.1' : '::1');
    }
    const byUrl = openTransport({ url: `mqtt://[::1]:${broker.port}` });
    expect((await byUrl.reaches('connected')).brokerAddresses).toEqual(['::1']);
  });

  it('larger than the broker takes are refused with both sizes, and the connection stays', async () => {
    const broker = await startMosquitto({ config: 'max_packet_size 1000' });
    const sender = openTransport({ url: broker.url });
    await expect(
      sender.transport.publish({ topic: 'a', payload: 'x'.repeat(2000) }),
    ).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringMatching(/2016.*1000/),
    });
    await sender.transport.publish({ topic: 'a', payload: 'small' });
    expect(sender.states).toHaveLength(1);
  });
});
