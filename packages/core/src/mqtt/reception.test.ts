import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Delivery } from './link.js';
import { Reception } from './reception.js';

function setUp() {
  const written: string[] = [];
  const deliveries: Delivery[] = [];
  let proceeded = 0;
  const reception = new Reception({
    write: (bytes) => written.push(bytes.toString('hex')),
    message: (delivery) => deliveries.push(delivery),
    proceed: () => (proceeded += 1),
  });
  const receive = (qos: 0 | 1 | 2, packetId: number) => {
    const message = { topic: 'bans', payload: Buffer.from('1.2.3.4'), retained: false };
    reception.receive({ kind: 'publish', qos, packetId, message });
    return deliveries.at(-1)!;
  };
  reception.isCurrent = true;
  const end = () => (reception.isCurrent = false);
  return { reception, written, receive, end, proceeded: () => proceeded };
}

describe('Reception', () => {
  it('is held from a message until that proceeds', () => {
    const { reception, receive, proceeded } = setUp();
    expect(reception.isHeld).toBe(false);
    const delivery = receive(0, 0);
    expect(reception.isHeld).toBe(true);
    expect(proceeded()).toBe(0);
    delivery.proceed();
    expect(reception.isHeld).toBe(false);
    expect(proceeded()).toBe(1);
  });

  it('confirms together what is acknowledged in one go, and nothing of QoS 0', async () => {
    const { written, receive } = setUp();
    const all = [receive(1, 7), receive(0, 0), receive(1, 0xabcd)];
    for (const delivery of all) delivery.acknowledge();
    expect(written).toEqual([]);
    await nextTurn();
    expect(written).toEqual(['400200074002abcd']);
  });

  it('confirms QoS 2 in its turn, and answers PUBREL whatever it is about', () => {
    const { reception, written, receive } = setUp();
    const first = receive(1, 1);
    const second = receive(2, 2);
    first.acknowledge();
    second.acknowledge();
    reception.release(9);
    expect(written).toEqual(['40020001', '50020002', '70020009']);
  });

  it('writes nothing over a connection that has ended', async () => {
    const { written, receive, end } = setUp();
    const first = receive(1, 1);
    const second = receive(2, 2);
    end();
    expect(first.isCurrent).toBe(false);
    first.acknowledge();
    second.acknowledge();
    await nextTurn();
    expect(written).toEqual([]);
  });
});
