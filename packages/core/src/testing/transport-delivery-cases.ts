import assert from 'node:assert/strict';
import { failsWith, until, type TransportCase } from './transport-case.js';

const ACKNOWLEDGED_WITHIN_MS = 100;

/** Demands on what comes in. */
export const deliveryCases: readonly TransportCase[] = [
  {
    title: 'delivers to every subscriber what matches, of more filters in one order',
    async run({ open, topic }) {
      const [add, del] = [topic('list/add'), topic('list/del')];
      const both = await open([add, del]);
      const all = await open([topic('list/#')]);
      const none = await open([topic('other'), topic('list/+/x')]);
      const sender = await open();
      for (const [where, payload] of [
        [add, '1'],
        [del, '2'],
        [add, '3'],
        [del, '4'],
      ] as const) {
        await sender.transport.publish({ topic: where, payload });
      }
      const expected = [`${add}=1`, `${del}=2`, `${add}=3`, `${del}=4`];
      await both.receives(...expected);
      await all.receives(...expected);
      assert.deepEqual(none.messages, []);
    },
  },
  {
    title: 'carries bytes as they are, at each quality of service',
    async run({ open, openNow, create, topic }) {
      const received: Buffer[] = [];
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const client = openNow(
        create(),
        { message: async ({ payload }) => void received.push(Buffer.from(payload)) },
        [topic('bytes')],
      );
      await until(
        () => client.subscriptions.length === 1,
        () => 'the subscription',
      );
      const sender = await open();
      for (const qos of [0, 1, 2] as const) {
        await sender.transport.publish({ topic: topic('bytes'), payload: bytes, qos });
      }
      await until(
        () => received.length === 3,
        () => `three messages, and ${received.length} came`,
      );
      for (const one of received) assert.ok(one.equals(bytes));
    },
  },
  {
    title: 'never hands over a message while the one before is being handled',
    async run({ open, topic }) {
      const receiver = await open([topic('t')]);
      let handling = 0;
      let most = 0;
      receiver.handle = async () => {
        handling += 1;
        most = Math.max(most, handling);
        await new Promise((resolve) => setTimeout(resolve, 2));
        handling -= 1;
      };
      const sender = await open();
      const payloads = Array.from({ length: 20 }, (_, index) => String(index));
      await Promise.all(
        payloads.map((payload) => sender.transport.publish({ topic: topic('t'), payload })),
      );
      await receiver.receives(...payloads.map((payload) => `${topic('t')}=${payload}`));
      assert.equal(most, 1);
    },
  },
  {
    title: 'acknowledges later what its handler says, and lets nothing wait for that',
    feature: 'late-acknowledgement',
    async run({ create, open, openNow, subject, topic }) {
      const t = topic('t');
      const wishes = { clientId: 'node', cleanSession: false } as const;
      const got: string[] = [];
      let acknowledge = (): void => undefined;
      const condition = new Promise<void>((resolve) => (acknowledge = resolve));
      const receiver = openNow(
        create(wishes),
        {
          message: () => Promise.reject(new Error('never called where there is the other')),
          messages: async (messages) => {
            const texts = messages.map(({ payload }) => Buffer.from(payload).toString());
            got.push(...texts);
            return texts.map((text) => (text === 'late' ? condition : undefined));
          },
        },
        [t],
      );
      await until(
        () => receiver.subscriptions.length === 1,
        () => 'the subscription',
      );
      const sender = await open();
      const gets = async (...expected: string[]): Promise<void> => {
        await until(
          () => got.length >= expected.length,
          () => `${expected.join(', ')} behind ${got.join(', ')}`,
        );
        await new Promise((resolve) => setTimeout(resolve, ACKNOWLEDGED_WITHIN_MS));
        assert.deepEqual(got.splice(0), expected);
      };
      for (const payload of ['late', 'b']) await sender.transport.publish({ topic: t, payload });
      await gets('late', 'b');
      // More than a broker sends ahead of what is not acknowledged.
      const many = Array.from({ length: 40 }, (_, index) => String(index));
      for (const payload of many) await sender.transport.publish({ topic: t, payload });
      await gets(...many);
      await receiver.reaches('connected');
      await subject.cut();
      await receiver.reaches('disconnected');
      await subject.mend();
      // It comes again, since it was not acknowledged; the others were.
      await gets('late');
      acknowledge();
      await new Promise((resolve) => setTimeout(resolve, ACKNOWLEDGED_WITHIN_MS));
      await receiver.reaches('connected');
      await subject.cut();
      await receiver.reaches('disconnected');
      await subject.mend();
      await receiver.reaches('connected');
      await gets();
    },
  },
  {
    title: 'says whether a filter was granted, and follows a new list of them',
    async run({ open, topic }) {
      const receiver = await open([topic('old'), topic('both')]);
      assert.deepEqual(receiver.subscriptions, [topic('old'), topic('both')]);
      receiver.transport.subscribe([topic('both'), topic('new'), topic('new')]);
      await until(
        () => receiver.subscriptions.length === 3,
        () => 'the new filter to be granted',
      );
      assert.equal(receiver.subscriptions[2], topic('new'));
      const sender = await open();
      for (const name of ['old', 'both', 'new']) {
        await sender.transport.publish({ topic: topic(name), payload: 'x' });
      }
      await receiver.receives(`${topic('both')}=x`, `${topic('new')}=x`);
    },
  },
  {
    title: 'refuses filters and topics that no broker can take',
    async run({ create, topic }) {
      const transport = create();
      for (const filter of ['', `${topic('a')}/#/b`, `${topic('a')}+`]) {
        assert.throws(() => {
          transport.subscribe([filter]);
        }, failsWith('INVALID_ARGUMENT'));
      }
      for (const name of ['', topic('#'), topic('+')]) {
        await assert.rejects(
          transport.publish({ topic: name, payload: '' }),
          failsWith('INVALID_ARGUMENT'),
        );
      }
      await transport.close();
    },
  },
  {
    title: 'marks what the broker has kept, and brings it at each subscription',
    async run({ open, topic }) {
      const sender = await open();
      await sender.transport.publish({ topic: topic('kept'), payload: 'old', retain: true });
      const receiver = await open([topic('kept')]);
      await receiver.receives(`${topic('kept')}=old!`);
      await sender.transport.publish({ topic: topic('kept'), payload: 'new', retain: true });
      await receiver.receives(`${topic('kept')}=old!`, `${topic('kept')}=new`);
      await sender.transport.publish({ topic: topic('kept'), payload: '', retain: true });
    },
  },
  {
    title: 'leaves out what the client itself has published, where that is asked for',
    feature: 'subscription-options',
    async run({ open, topic }) {
      const filter = topic('sync');
      const one = await open([{ filter, noLocal: true, qos: 0 }]);
      const other = await open([{ filter, noLocal: true, qos: 0 }]);
      await one.transport.publish({ topic: filter, payload: 'one' });
      await other.transport.publish({ topic: filter, payload: 'other' });
      await one.receives(`${filter}=other`);
      await other.receives(`${filter}=one`);
    },
  },
  {
    title: 'brings retained messages as it is asked to: always, to a new subscription, never',
    feature: 'subscription-options',
    async run({ open, topic }) {
      const sender = await open();
      const [always, once, never] = [topic('always'), topic('once'), topic('never')];
      for (const name of [always, once, never]) {
        await sender.transport.publish({ topic: name, payload: 'kept', retain: true });
      }
      const filters = [
        { filter: always, retainHandling: 0 },
        { filter: once, retainHandling: 1 },
        { filter: never, retainHandling: 2 },
      ] as const;
      const wishes = { clientId: 'node', cleanSession: false } as const;
      const first = await open(filters, wishes);
      await until(
        () => first.messages.length >= 2,
        () => 'two retained messages',
      );
      assert.deepEqual([...first.messages].sort(), [`${always}=kept!`, `${once}=kept!`]);
      // What is not acknowledged yet would come again.
      await new Promise((resolve) => setTimeout(resolve, ACKNOWLEDGED_WITHIN_MS));
      await first.transport.close();
      const again = await open(filters, wishes);
      await sender.transport.publish({ topic: never, payload: 'end' });
      await again.receives(`${always}=kept!`, `${never}=end`);
      for (const name of [always, once, never]) {
        await sender.transport.publish({ topic: name, payload: '', retain: true });
      }
    },
  },
  {
    title: 'warns of a handler that rejects, and goes on behind it',
    async run({ open, topic }) {
      const receiver = await open([topic('t')]);
      receiver.handle = (text) =>
        text.endsWith('=bad') ? Promise.reject(new Error('a bug')) : Promise.resolve();
      const sender = await open();
      await sender.transport.publish({ topic: topic('t'), payload: 'bad' });
      await sender.transport.publish({ topic: topic('t'), payload: 'good' });
      await receiver.receives(`${topic('t')}=bad`, `${topic('t')}=good`);
      assert.ok(receiver.warnings.some((text) => text.includes(topic('t'))));
    },
  },
];
