import { describe, expect, it } from '@jest/globals';
import { BoundedQueues, type QueuedPacket } from './bounded-queues.js';
import { LIMITS } from './limits.js';

const client = { id: 'c' };
const message = (brokerCounter: number, payload = ''): QueuedPacket => ({
  ...{ cmd: 'publish', brokerId: 'b', brokerCounter, topic: 'a/add', payload },
});

function queues() {
  const full: string[] = [];
  const made = new BoundedQueues({ full: (id) => full.push(id) });
  const enqueue = (packet: QueuedPacket) => {
    made.outgoingEnqueueCombi([{ clientId: 'c' }], packet, () => undefined);
  };
  const number = (packet: QueuedPacket, messageId: number) => {
    const faults: unknown[] = [];
    made.outgoingUpdate(client, { ...packet, messageId }, (error) => faults.push(error));
    return faults;
  };
  const waiting = () => made.outgoingPackets(client).map((packet) => packet.brokerCounter);
  return { made, full, enqueue, number, waiting };
}

describe('the queues of the embedded broker', () => {
  it('keep a message until it is confirmed', () => {
    const { made, enqueue, number, waiting } = queues();
    for (const counter of [1, 2, 3]) enqueue(message(counter));
    expect(number(message(2), 7)).toEqual([null]);
    made.outgoingClearMessageId(client, { cmd: 'puback', messageId: 7 }, () => undefined);
    made.outgoingClearMessageId(client, { cmd: 'puback', messageId: 8 }, () => undefined);
    expect(waiting()).toEqual([1, 3]);
  });

  it('keep in the place of a message of QoS 2 that it was received', () => {
    const { made, enqueue, number } = queues();
    enqueue(message(1));
    number(message(1), 7);
    expect(number({ cmd: 'pubrel' }, 7)).toEqual([null]);
    expect(made.outgoingPackets(client)).toEqual([{ cmd: 'pubrel', messageId: 7 }]);
    made.outgoingClearMessageId(client, { cmd: 'pubcomp', messageId: 7 }, () => undefined);
    expect(made.outgoingPackets(client)).toEqual([]);
  });

  it('are full by number and by bytes, and have room again', () => {
    const { made, full, enqueue, number, waiting } = queues();
    const payload = 'x'.repeat(LIMITS.sessionBytes / 4);
    for (const counter of [1, 2, 3, 4]) enqueue(message(counter, payload));
    expect([waiting(), full]).toEqual([[1, 2, 3], ['c']]);
    expect(number(message(4), 9)).toEqual([expect.any(Error)]);
    number(message(1), 5);
    made.outgoingClearMessageId(client, { cmd: 'puback', messageId: 5 }, () => undefined);
    enqueue(message(5, payload));
    expect(waiting()).toEqual([2, 3, 5]);
    made.forget('c');
    for (let counter = 0; counter <= LIMITS.sessionMessages; counter += 1)
      enqueue(message(counter));
    expect(waiting()).toHaveLength(LIMITS.sessionMessages);
  });

  it('are bounded for all clients together', () => {
    const { made, full } = queues();
    const payload = 'x'.repeat(LIMITS.sessionBytes / 2);
    for (let at = 0; at < 20; at += 1) {
      made.outgoingEnqueueCombi(
        [{ clientId: `c${at.toString()}` }],
        message(at, payload),
        () => undefined,
      );
    }
    expect(full.length).toBeGreaterThan(10);
  });

  it('take so many messages at QoS 2 that are not released', () => {
    const { made } = queues();
    const faults: unknown[] = [];
    const store = (messageId: number) => {
      made.incomingStorePacket(client, { ...message(1), messageId }, (error) => faults.push(error));
    };
    for (let id = 1; id <= LIMITS.unreleasedMessages + 1; id += 1) store(id);
    expect(faults.filter((fault) => fault !== null)).toEqual([expect.any(Error)]);
    made.incomingDelPacket(client, { cmd: 'pubrel', messageId: 1 }, () => undefined);
    store(500);
    expect(faults.at(-1)).toBeNull();
  });
});
