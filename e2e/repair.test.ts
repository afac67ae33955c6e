import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  freePort,
  mustRun,
  runProcess,
  startMosquitto,
  startRabbitMq,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { holds, members } from './support/kernel-set.js';
import { typedBlocks } from './support/pages.js';
import { runVallumPub, startVallumd } from './support/programs.js';

const TOPIC = 'shared';
/** Each node has a set of its own, and all have one topic. */
const SETS = ['repair1', 'repair2'] as const;
type SetName = (typeof SETS)[number];

interface Place {
  readonly port: number;
  /** Options of the node of this set, beside the broker's. */
  readonly args?: readonly string[];
}

suiteNeeding(
  ['ipset', 'mosquitto', 'mosquitto-clients', 'rabbitmq'],
  'what a firewall missed',
  () => {
    const nodes: RunningProcess[] = [];

    beforeAll(async () => {
      for (const set of SETS) await mustRun('ipset', ['create', set, 'hash:net', 'timeout', '0']);
    });
    afterEach(async () => {
      await Promise.all(nodes.splice(0).map((node) => node.kill('SIGKILL')));
      for (const set of SETS) await mustRun('ipset', ['flush', set]);
    });
    afterAll(async () => {
      for (const set of SETS) await mustRun('ipset', ['destroy', set]);
    });

    const start = async (set: SetName, { port, args = [] }: Place, stateDir?: string) => {
      const node = await startVallumd(
        [
          ...['-h', '127.0.0.1', '-p', String(port), '-t', `${TOPIC}=${set}`, '--node', set],
          ...['--no-protect-host', ...args],
        ],
        stateDir === undefined ? {} : { stateDir },
      );
      nodes.push(node);
      await node.waitForOutput(/listening to shared\/#/);
      return node;
    };
    const publish = (port: number, topic: string, payload: string) =>
      mustRun('mosquitto_pub', [
        ...['-V', 'mqttv311', '-p', String(port), '-q', '1', '-t', topic, '-m', payload],
      ]);
    const isHeld = (set: SetName, address: string, wanted = true) =>
      waitFor(async () => ((await holds(set, address)) === wanted ? true : undefined), {
        timeoutMs: 60_000,
        what: `${address} ${wanted ? 'in' : 'out of'} ${set}`,
      });

    /** One that was away, and comes back with what it knew; and one that comes with nothing. */
    const makesUp = async (first: Place, second: Place) => {
      const [one, other] = SETS;
      await start(one, first);
      const stateDir = temporaryFolder();
      // Its session ends with it, so that the broker keeps nothing for it.
      const before = await start(other, { ...second, args: ['--client-id', 'before'] }, stateDir);
      await publish(first.port, `${TOPIC}/add`, '192.0.2.1 origin web1');
      await isHeld(other, '192.0.2.1');
      await before.kill('SIGKILL');
      await publish(first.port, `${TOPIC}/del`, '192.0.2.1 origin web1');
      await publish(first.port, `${TOPIC}/add`, '192.0.2.2 timeout 600 origin web1 reason "sshd"');
      await publish(first.port, TOPIC, '192.0.2.3');
      await publish(first.port, `${TOPIC}/add`, '2001:db8::/64 origin web1');
      await isHeld(one, '192.0.2.3');
      const back = await start(other, { ...second, args: ['--client-id', 'back'] }, stateDir);
      await isHeld(other, '192.0.2.2');
      await isHeld(other, '192.0.2.3');
      await isHeld(other, '192.0.2.1', false);
      await back.waitForOutput(/shared: took \d+ from node (repair1|keeper)/);
      await back.kill('SIGKILL');
      await mustRun('ipset', ['flush', other]);
      const fresh = await start(other, { ...second, args: ['--client-id', 'fresh'] });
      await isHeld(other, '192.0.2.3');
      const [timed] = (await members(other)).filter((entry) => entry.startsWith('192.0.2.2 '));
      const seconds = Number(timed?.split(' ')[2]);
      expect(seconds).toBeGreaterThan(400);
      expect(seconds).toBeLessThanOrEqual(600);
      expect(fresh.output()).not.toMatch(/repair-forbidden|does not come back/);
    };

    it('comes from its neighbour over a Mosquitto at its defaults', async () => {
      const broker = await startMosquitto();
      await makesUp(broker, broker);
      await broker.stop();
    }, 120_000);

    it('comes over a RabbitMQ, which knows 3.1.1 only, and which the guide tells who may what', async () => {
      const broker = await startRabbitMq();
      await makesUp(broker, broker);

      const guide = typedBlocks('docs/security.md').find((text) => text.includes('rabbitmqctl'));
      await broker.control(
        `rabbitmqctl add_user fw1 sesame; rabbitmqctl add_user web1 sesame\n${String(guide)}`,
      );
      const as = (user: string) => ['-p', String(broker.port), '-u', user, '-P', 'sesame'];
      const fw1 = await startVallumd([
        ...['-h', '127.0.0.1', ...as('fw1'), '-t', 'blacklist', '--node', 'fw1'],
        ...['--backend', 'memory', '--create'],
      ]);
      nodes.push(fw1);
      await fw1.waitForOutput(/listening to blacklist\/#/);
      await runVallumPub(['add', '203.0.113.7', '--set', 'blacklist', ...as('web1')]);
      await fw1.waitForOutput(/banned 203\.0\.113\.7/);
      await mustRun('mosquitto_pub', [...as('fw1'), '-q', '1', '-t', 'blacklist/sync', '-m', '{}']);
      // Whoever publishes what he may not is thrown out.
      const forbidden = ['-q', '1', '-t', 'blacklist/sync', '-m', '{}'];
      expect((await runProcess('mosquitto_pub', [...as('web1'), ...forbidden])).code).not.toBe(0);
      expect(fw1.output()).not.toMatch(/forbidden|refused|disconnected/);
      await broker.stop();
    }, 240_000);

    it('comes over the broker that vallumd has in itself', async () => {
      const port = await freePort();
      const keeper = await startVallumd([
        ...['--listen', String(port), '-t', TOPIC, '--keeper', '--node', 'keeper'],
      ]);
      nodes.push(keeper);
      await keeper.waitForOutput(/listening to shared\/#/);
      await makesUp({ port }, { port });
    }, 120_000);

    it('comes over two Mosquittos that are bridged', async () => {
      const far = await startMosquitto();
      const near = await startMosquitto({
        config: [
          'connection far',
          `address 127.0.0.1:${String(far.port)}`,
          'topic # both 1',
          'try_private true',
          'restart_timeout 1',
        ].join('\n'),
      });
      await waitFor(() => (/New (client|bridge) connected/.test(far.log()) ? true : undefined), {
        timeoutMs: 20_000,
        what: 'the bridge',
      });
      await makesUp(near, far);
      await near.stop();
      await far.stop();
    }, 120_000);

    describe('under the access rules that the guide gives', () => {
      let broker: Mosquitto;

      const rulesFor = (set: SetName) => [
        `user ${set}`,
        `topic read ${TOPIC}/#`,
        `topic write ${TOPIC}/add`,
        `topic write ${TOPIC}/sync`,
        `topic readwrite vallumd/${set}`,
        `topic read vallumd/${set}/sync`,
        'topic write vallumd/+/sync',
      ];
      const publisher = ['user web1', `topic write ${TOPIC}/add`, `topic write ${TOPIC}/del`];
      const begin = async (rules: readonly string[]) => {
        const file = join(temporaryFolder(), 'acl');
        writeFileSync(file, `${rules.join('\n')}\n`);
        broker = await startMosquitto({
          users: { repair1: 'sesame', repair2: 'sesame', web1: 'sesame' },
          config: `acl_file ${file}`,
        });
      };
      const login = (set: SetName): Place => ({
        port: broker.port,
        args: ['-u', set, '-P', 'sesame'],
      });
      const ban = (address: string) =>
        mustRun('mosquitto_pub', [
          ...['-p', String(broker.port), '-u', 'web1', '-P', 'sesame', '-q', '1'],
          ...['-t', `${TOPIC}/add`, '-m', address],
        ]);

      afterEach(async () => {
        await broker.stop();
      });

      it('comes all the same', async () => {
        await begin([...rulesFor('repair1'), ...rulesFor('repair2'), ...publisher]);
        await start('repair1', login('repair1'));
        await ban('192.0.2.1');
        await isHeld('repair1', '192.0.2.1');
        const second = await start('repair2', login('repair2'));
        await isHeld('repair2', '192.0.2.1');
        expect(second.output()).not.toContain('does not come back');
      }, 120_000);

      it('is said where the rules starve it, and live bans come', async () => {
        const mute = rulesFor('repair2').filter((rule) => !rule.includes('/sync'));
        await begin([...rulesFor('repair1'), ...mute, ...publisher]);
        await start('repair1', login('repair1'));
        const second = await start('repair2', login('repair2'));
        const told = (topic: string) =>
          second.waitForOutput(new RegExp(`${topic} does not come back to it`), {
            timeoutMs: 40_000,
          });
        await told('vallumd/repair2/sync');
        await told('shared/sync');
        await ban('192.0.2.1');
        await isHeld('repair2', '192.0.2.1');
      }, 120_000);
    });
  },
);
