import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { parseAddress, type Transport, type TransportHandlers } from '@vallum/core';
import { encodeReply, parseQuestion, replyTopic, type Reply } from '@vallum/core/protocol';
import { AskingTransport } from './asking-transport.js';
import { Confirming } from './confirming.js';
import { gatherWhy } from './gather-why.js';

const STATUS = JSON.stringify({ state: 'online', ledgers: [{ topic: 'blacklist' }] });
const NODES = ['fw1', 'fw2', 'fw3'];

/** A broker that shows a status every 100 ms, and nodes that answer at once what they are asked. */
function slowBroker() {
  let handlers: TransportHandlers | undefined;
  const tell = (topic: string, payload: string, retained = false) => {
    void handlers?.message({ topic, payload: Buffer.from(payload), retained });
  };
  const transport: Transport = {
    open(given) {
      handlers = given;
      given.connection({
        ...({ state: 'connected', sessionPresent: false, protocolVersion: 5 } as const),
        brokerAddresses: [],
      });
      given.subscription?.(replyTopic('web1'), 'granted');
      NODES.forEach((node, index) => {
        setTimeout(() => {
          tell(`vallumd/${node}`, STATUS, true);
        }, 100 * index);
      });
    },
    subscribe: () => undefined,
    publish({ payload }) {
      const question = parseQuestion(Buffer.from(payload));
      if (!question.ok) throw new Error(question.detail);
      const { id, reply, kind, addresses } = question.value;
      const answer = {
        ...{ status: { kind, status: {} }, why: { kind, blocked: true, bans: [], more: 0 } },
        ...{ held: { kind, count: addresses.length, exceptions: [] } },
      }[kind as string];
      NODES.forEach((from, index) => {
        // It is a slow broker in this, too: each answer has come just before the status of the next.
        setTimeout(
          () => {
            tell(reply, encodeReply({ id, from, ...answer } as Reply));
          },
          10 + 100 * index,
        );
      });
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const asking = new AskingTransport(transport, 'web1');
  asking.open({ message: () => Promise.resolve(), connection: () => undefined });
  return asking;
}

const address = parseAddress('192.0.2.7');
if (!address.ok) throw new Error(address.detail);

describe('where the broker shows one status after another', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('why waits for the nodes whose statuses have not come yet', async () => {
    const asking = slowBroker();
    const terms = { topic: 'blacklist', set: 'blacklist', waitMs: 5_000 };
    const gathered = gatherWhy(asking, { ...terms, address: address.value });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await gathered).toMatchObject({ nodes: NODES.map((node) => ({ node })), missing: [] });
    await asking.close();
  });

  it('--confirm does so too', async () => {
    const asking = slowBroker();
    const confirming = new Confirming({
      ...{ asking, topic: 'blacklist', set: 'blacklist', kind: 'held', wanted: 'all' },
      waitMs: 5_000,
    });
    const confirmed = confirming.confirm([Buffer.from('192.0.2.7 at 1764151200000\n')]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await confirmed).toMatchObject({ confirmed: true, known: 3, done: NODES });
    await asking.close();
  });
});
