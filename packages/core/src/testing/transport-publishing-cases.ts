import assert from 'node:assert/strict';
import { begun, failsWith, soon, type TransportCase } from './transport-case.js';

/** Demands on what goes out. */
export const publishingCases: readonly TransportCase[] = [
  {
    title: 'lets a message wait that is published before there is a connection',
    async run({ open, openNow, create, topic }) {
      const receiver = await open([topic('t')]);
      const transport = create();
      const waiting = ['1', '2', '3'].map((payload) =>
        begun(transport.publish({ topic: topic('t'), payload })),
      );
      openNow(transport);
      await Promise.all(waiting);
      await receiver.receives(`${topic('t')}=1`, `${topic('t')}=2`, `${topic('t')}=3`);
    },
  },
  {
    title: 'lets a message wait that is published while the broker is away',
    async run({ open, topic, subject }) {
      const receiver = await open([topic('t')], { clientId: 'node', cleanSession: false });
      const sender = await open();
      await subject.cut();
      await sender.reaches('disconnected');
      await receiver.reaches('disconnected');
      const waiting = ['1', '2'].map((payload) =>
        begun(sender.transport.publish({ topic: topic('t'), payload })),
      );
      await subject.mend();
      await Promise.all(waiting);
      await receiver.receivesAtLeastOnce(`${topic('t')}=1`, `${topic('t')}=2`);
    },
  },
  {
    title: 'says of what it has sent what it cannot vouch for, and of nothing else',
    async run({ open, topic }) {
      const present = await open([topic('t')]);
      const absent = await open([topic('u')], { clientId: 'node', cleanSession: false });
      const sender = await open();
      const caveats: string[] = [];
      const publish = (name: string, qos: 0 | 1 = 1) =>
        sender.transport.publish(
          { topic: topic(name), payload: name, qos },
          { caveat: (caveat) => caveats.push(caveat) },
        );
      await publish('t');
      await present.receives(`${topic('t')}=t`);
      await absent.transport.close();
      await publish('u');
      assert.deepEqual(caveats, []);
      await publish('t', 0);
      assert.deepEqual(caveats, ['unconfirmed']);
    },
  },
  {
    title: 'gives a message up when it is told to, and never sends it',
    async run({ open, openNow, create, topic }) {
      const receiver = await open([topic('t')]);
      const transport = create();
      const giveUp = new AbortController();
      const { signal } = giveUp;
      const first = begun(transport.publish({ topic: topic('t'), payload: '1' }));
      const second = begun(transport.publish({ topic: topic('t'), payload: '2' }, { signal }));
      const third = begun(transport.publish({ topic: topic('t'), payload: '3' }));
      giveUp.abort();
      await assert.rejects(soon(second), failsWith('ABORTED'));
      await assert.rejects(
        soon(transport.publish({ topic: topic('t'), payload: '4' }, { signal })),
        failsWith('ABORTED'),
      );
      openNow(transport);
      await Promise.all([first, third]);
      await receiver.receives(`${topic('t')}=1`, `${topic('t')}=3`);
    },
  },
  {
    title: 'sends a message whose signal does not fire, and is not troubled by it afterwards',
    async run({ open, topic }) {
      const client = await open([topic('t')]);
      const giveUp = new AbortController();
      await client.transport.publish(
        { topic: topic('t'), payload: '1' },
        { signal: giveUp.signal },
      );
      giveUp.abort();
      await client.receives(`${topic('t')}=1`);
    },
  },
  {
    title: 'lets no more wait than its outbox holds, and says so at once',
    async run({ openNow, create, topic }) {
      const transport = create({ outbox: { mostMessages: 2, mostBytes: 1_000 } });
      const publish = (payload: string) => begun(transport.publish({ topic: topic('t'), payload }));
      const first = publish('1');
      await assert.rejects(soon(publish('x'.repeat(1_000))), failsWith('OUTBOX_FULL'));
      const second = publish('2');
      await assert.rejects(soon(publish('3')), failsWith('OUTBOX_FULL'));
      openNow(transport);
      await Promise.all([first, second]);
      await publish('3');
    },
  },
  {
    title: 'rejects what still waits when it is closed',
    async run({ create, topic }) {
      const transport = create();
      const waiting = begun(transport.publish({ topic: topic('t'), payload: '1' }));
      const rejected = assert.rejects(soon(waiting), failsWith('BROKER_UNREACHABLE'));
      await transport.close();
      await rejected;
    },
  },
];
