import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parseAddress } from '@vallum/core';
import { encodeEntries, type Command, type SetName } from '@vallum/core/protocol';
import { createMqttTransport } from '@vallum/core/mqtt';
import {
  mustRun,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { members } from './support/kernel-set.js';
import { runVallumPub, startVallumd } from './support/programs.js';

/** Of this file alone: all of them run in one network namespace. */
const SET = 'delivery';
const MESSAGES = 10_000;

/** Distinct addresses out of 10.20.0.0/16. */
function addressNumber(index: number): string {
  return `10.20.${String(index >> 8)}.${String(index & 255)}`;
}

suiteNeeding(['ipset', 'mosquitto', 'mosquitto-clients'], 'delivery through a real broker', () => {
  let broker: Mosquitto;
  let stateDir: string;
  let daemon: RunningProcess;

  const start = async () => {
    daemon = await startVallumd(
      ['-h', '127.0.0.1', '-p', String(broker.port), '-t', SET, '--node', 'fw1'],
      { stateDir },
    );
    await daemon.waitForOutput(/listening to delivery\/#/);
  };
  const allArrive = async (count: number) => {
    await waitFor(async () => (await members(SET)).length >= count, {
      timeoutMs: 40_000,
      intervalMs: 200,
      what: `${String(count)} addresses in the set`,
    });
    expect(new Set(await members(SET)).size).toBe(count);
  };

  beforeAll(async () => {
    broker = await startMosquitto({
      persistence: true,
      config: 'max_queued_messages 0\nmax_inflight_messages 100',
    });
    await mustRun('ipset', ['create', SET, 'hash:ip', 'maxelem', '200000']);
  }, 30_000);
  beforeEach(async () => {
    await mustRun('ipset', ['flush', SET]);
    stateDir = temporaryFolder();
    await start();
  }, 30_000);
  // Also after a failure: two daemons of one name would take the session from each other for ever.
  afterEach(async () => {
    await daemon.kill();
  });
  afterAll(async () => {
    await broker.stop();
    await mustRun('ipset', ['destroy', SET]);
  });

  it('brings what was sent while the daemon was stopped', async () => {
    await daemon.kill('SIGTERM');
    await mustRun('mosquitto_pub', [
      ...['-p', String(broker.port), '-q', '1', '-t', `${SET}/add`, '-m', '192.0.2.1'],
    ]);
    const sent = await runVallumPub([
      ...['add', '192.0.2.2', '--set', SET, '-p', String(broker.port)],
    ]);
    expect(sent).toMatchObject({ code: 0 });
    await start();
    await allArrive(2);
  }, 40_000);

  describe.each([1, 2] as const)('with 10,000 messages at QoS %i', (qos) => {
    /** One message an address, confirmed by the broker one by one. */
    const publishAll = async () => {
      const transport = createMqttTransport({ host: '127.0.0.1', port: broker.port });
      transport.open({ message: () => Promise.resolve(), connection: () => undefined });
      const numbers = Array.from({ length: MESSAGES }, (_, index) => index);
      await Promise.all(
        numbers.map((index) =>
          transport.publish({ topic: `${SET}/add`, payload: addressNumber(index), qos }),
        ),
      );
      await transport.close();
    };

    it('loses none to kill -9 of the daemon in the middle', async () => {
      const published = publishAll();
      for (const threshold of [1500, 4000]) {
        await waitFor(async () => (await members(SET)).length > threshold, {
          timeoutMs: 30_000,
          intervalMs: 20,
          what: 'the middle of the messages',
        });
        await daemon.kill('SIGKILL');
        await start();
      }
      await published;
      await allArrive(MESSAGES);
    }, 120_000);

    it('loses none to a restart of the broker in between', async () => {
      const published = publishAll();
      await waitFor(async () => (await members(SET)).length > 1500, {
        timeoutMs: 30_000,
        intervalMs: 20,
        what: 'the middle of the messages',
      });
      await broker.restart();
      await published;
      await allArrive(MESSAGES);
    }, 120_000);
  });

  it('takes a list of 20,000 in few messages', async () => {
    const commands = Array.from({ length: 20_000 }, (_, index): Command => {
      const address = parseAddress(addressNumber(index));
      if (!address.ok) throw new Error(address.detail);
      return {
        action: 'ban',
        set: SET as SetName,
        address: address.value,
        until: 'default',
      };
    });
    const list = commands.map(({ address }) => address.text).join('\n');
    const sent = await runVallumPub(
      ['add', '--file', '-', '--set', SET, '-p', String(broker.port)],
      { input: list },
    );
    expect(sent).toMatchObject({ code: 0 });
    await allArrive(20_000);
    expect(encodeEntries(commands).length).toBeLessThan(10);
  }, 60_000);
});
