import assert from 'node:assert/strict';
import { failsWith, until, type TransportCase } from './transport-case.js';

/** Demands on connections, and on what outlives them. */
export const connectionCases: readonly TransportCase[] = [
  {
    title: 'connects again by itself, and subscribes anew',
    async run({ open, topic, subject }) {
      const receiver = await open([topic('t')]);
      await subject.cut();
      await receiver.reaches('disconnected');
      await subject.mend();
      await receiver.reaches('connected');
      await until(
        () => receiver.subscriptions.length === 2,
        () => 'the second subscription',
      );
      const sender = await open();
      await sender.transport.publish({ topic: topic('t'), payload: 'x' });
      await receiver.receives(`${topic('t')}=x`);
    },
  },
  {
    title: 'keeps for a persistent session what was sent while it was away',
    async run({ open, topic }) {
      const wishes = { clientId: 'node', cleanSession: false } as const;
      const first = await open([topic('t')], wishes);
      await first.transport.close();
      const sender = await open();
      await sender.transport.publish({ topic: topic('t'), payload: '1' });
      await sender.transport.publish({ topic: topic('t'), payload: '2', qos: 2 });
      const second = await open([topic('t')], wishes);
      await second.receives(`${topic('t')}=1`, `${topic('t')}=2`);
    },
  },
  {
    title: 'keeps nothing for a clean session',
    async run({ open, topic }) {
      const wishes = { clientId: 'node' } as const;
      const first = await open([topic('t')], wishes);
      await first.transport.close();
      const sender = await open();
      await sender.transport.publish({ topic: topic('t'), payload: 'lost' });
      const second = await open([topic('t')], wishes);
      await sender.transport.publish({ topic: topic('t'), payload: 'new' });
      await second.receives(`${topic('t')}=new`);
    },
  },
  {
    title: 'brings again what was not handled when the connection was lost',
    async run({ open, topic, subject }) {
      const node = await open([topic('t')], { clientId: 'node', cleanSession: false });
      let finish: () => void = () => undefined;
      node.handle = () => new Promise((resolve) => (finish = resolve));
      const sender = await open();
      await sender.transport.publish({ topic: topic('t'), payload: '1' });
      await node.receives(`${topic('t')}=1`);
      await subject.cut();
      await node.reaches('disconnected');
      node.handle = () => Promise.resolve();
      finish();
      await subject.mend();
      await node.reaches('connected');
      await node.receives(`${topic('t')}=1`, `${topic('t')}=1`);
    },
  },
  {
    title: 'lets the last will fire when a connection is torn, and not when it is closed',
    async run({ open, topic, subject }) {
      const will = { topic: topic('status'), payload: 'gone', retain: true };
      const closing = await open([], { clientId: 'closing', will });
      await closing.transport.publish({ ...will, payload: 'left' });
      await closing.transport.close();
      const before = await open([topic('status')]);
      await before.receives(`${topic('status')}=left!`);
      await open([], { clientId: 'torn', will });
      await subject.cut();
      await subject.mend();
      const seen = await open();
      await until(
        () => before.states.filter((state) => state === 'connected').length === 2,
        () => 'the watcher to be back',
      );
      await until(
        () => before.messages.some((message) => message.startsWith(`${topic('status')}=gone`)),
        () => 'the last will',
      );
      await seen.transport.publish({ topic: topic('status'), payload: '', retain: true });
    },
  },
  {
    title: 'waits with the first connection for who prepares the way, and survives that it fails',
    async run({ openNow, create }) {
      let finish: () => void = () => undefined;
      let asked = 0;
      const waiting = openNow(create(), {
        dialling: async (addresses) => {
          assert.ok(Array.isArray(addresses));
          asked += 1;
          await new Promise<void>((resolve) => (finish = resolve));
        },
      });
      await until(
        () => asked === 1,
        () => 'the question',
      );
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual(waiting.states, []);
      finish();
      await waiting.reaches('connected');
      const failing = openNow(create(), { dialling: () => Promise.reject(new Error('no')) });
      await failing.reaches('connected');
      assert.ok(failing.warnings.length > 0);
    },
  },
  {
    title: 'opens once, and does nothing any more once it is closed',
    async run({ open, create }) {
      const { transport } = await open();
      const handlers = { message: () => Promise.resolve(), connection: () => undefined };
      assert.throws(() => {
        transport.open(handlers);
      }, failsWith('INVALID_ARGUMENT'));
      await transport.close();
      await transport.close();
      await assert.rejects(transport.publish({ topic: 't', payload: '' }), failsWith('CLOSED'));
      const never = create();
      await never.close();
      assert.throws(() => {
        never.open(handlers);
      }, failsWith('CLOSED'));
    },
  },
];
