import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseBinding } from '@vallum/core/protocol';
import { freePort, startMosquitto, suiteNeeding, type Mosquitto } from '@vallum/test-kit';
import { NotConnected, visitNodes } from '../src/ask/visit-nodes.js';
import { Interrupt } from '../src/interruption.js';

const binding = parseBinding('blacklist');
if (!binding.ok) throw new Error(binding.detail);
const nobody = () => Promise.reject(new Error('it was asked'));

describe('a visit to nodes of a broker that is not there', () => {
  it.each(['before', 'while it begins'])('ends where it is interrupted %s', async (when) => {
    const broker = { host: '127.0.0.1', port: await freePort() };
    const interrupt = new Interrupt();
    if (when === 'before') interrupt.abort();
    const visit = visitNodes(broker, binding.value, 3_600, interrupt, nobody);
    interrupt.abort();
    await expect(visit).rejects.toThrow(NotConnected);
  });
});

suiteNeeding(['mosquitto'], 'a visit to nodes', () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await startMosquitto();
  });
  afterAll(() => broker.stop());

  it('has as long as the questions take, once there is a connection', async () => {
    const at = { host: '127.0.0.1', port: broker.port };
    const isGivenUp = await visitNodes(at, binding.value, 2, undefined, async ({ waiting }) => {
      await sleep(2_100);
      return waiting.signal.aborted;
    });
    expect(isGivenUp).toBe(false);
  });
});
