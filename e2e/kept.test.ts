import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  connectNamespaces,
  createNamespace,
  mustRun,
  ownNamespace,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { holds, members } from './support/kernel-set.js';
import { mosquittoPub } from './support/mosquitto-clients.js';
import { startVallumd } from './support/programs.js';
import { makeSmallDisk, type SmallDisk } from './support/small-disk.js';

suiteNeeding(
  ['ipset', 'iptables', 'iproute', 'mosquitto', 'mosquitto-clients'],
  'what is kept',
  () => {
    let broker: Mosquitto;
    let daemon: RunningProcess | undefined;

    beforeAll(async () => {
      broker = await startMosquitto({ config: 'max_queued_messages 0' });
      await mustRun('ipset', [
        'create',
        'blacklist',
        'hash:ip',
        'maxelem',
        '200000',
        'timeout',
        '0',
      ]);
    }, 30_000);
    afterEach(async () => {
      await daemon?.kill('SIGKILL');
      daemon = undefined;
      await mustRun('ipset', ['flush', 'blacklist']);
    });
    afterAll(async () => {
      await broker.stop();
      await mustRun('ipset', ['destroy', 'blacklist']);
    });

    const publish = (topic: string, payload: string | Uint8Array) =>
      mosquittoPub(ownNamespace, broker, topic, payload);
    const isHeld = (address: string, wanted: boolean) =>
      waitFor(async () => ((await holds('blacklist', address)) === wanted ? true : undefined), {
        timeoutMs: 20_000,
        what: `${address} ${wanted ? 'in' : 'out of'} the set`,
      });

    describe('on a disk that fills', () => {
      const start = async (disk: SmallDisk, node: string) => {
        daemon = await startVallumd(
          ['-h', '127.0.0.1', '-p', String(broker.port), '-t', 'blacklist', '--node', node],
          { stateDir: disk.folder, under: disk.under },
        );
        await daemon.waitForOutput(/listening to blacklist\/#/);
      };

      it.each(['SIGKILL', 'SIGTERM'] as const)(
        'an unban outlives %s',
        async (signal) => {
          const disk = await makeSmallDisk();
          await start(disk, `full-${signal}`);
          await publish('blacklist/add', '192.0.2.1 origin web1');
          await isHeld('192.0.2.1', true);
          await disk.fill();
          await publish('blacklist/del', '192.0.2.1 origin web1');
          await isHeld('192.0.2.1', false);
          // Time enough for an acknowledgement.
          await new Promise((resolve) => setTimeout(resolve, 500));
          await daemon?.kill(signal);
          await start(disk, `full-${signal}`);
          await new Promise((resolve) => setTimeout(resolve, 3000));
          expect(await members('blacklist')).toEqual([]);
          await disk.remove();
        },
        60_000,
      );

      it('an unban beyond all that was reserved takes effect, and comes again after SIGKILL', async () => {
        const disk = await makeSmallDisk();
        await start(disk, 'beyond');
        await publish('blacklist/add', '192.0.2.1 origin web1');
        await isHeld('192.0.2.1', true);
        await disk.fill();
        const reason = 'x'.repeat(240);
        // Half a megabyte each, of which the journal keeps as much.
        for (let part = 0; part < 50; part += 1) {
          const lines = Array.from({ length: 2000 }, (_, index) => {
            const address = `10.${String(part)}.${String(index >> 8)}.${String(index & 255)}`;
            return `${address} reason "${String(index)} ${reason}"`;
          });
          await publish('blacklist/add', Buffer.from(lines.join('\n')));
        }
        await daemon?.waitForOutput(/until this works again/, { timeoutMs: 30_000 });
        await publish('blacklist/del', '192.0.2.1 origin web1');
        await isHeld('192.0.2.1', false);
        await new Promise((resolve) => setTimeout(resolve, 500));
        await daemon?.kill('SIGKILL');
        await disk.clear();
        await start(disk, 'beyond');
        await new Promise((resolve) => setTimeout(resolve, 3000));
        expect(await holds('blacklist', '192.0.2.1')).toBe(false);
        await disk.remove();
      }, 120_000);
    });

    it('a ban of the broker that is in the set already is lifted before it is dialled', async () => {
      const far = await createNamespace('far');
      await connectNamespaces(ownNamespace, far, { left: ['10.9.0.2/24'], right: ['10.9.0.1/24'] });
      const other = await startMosquitto({ namespace: far, host: '10.9.0.1' });
      const stateDir = temporaryFolder();
      const node = ['-t', 'blacklist', '--node', 'dial'];
      daemon = await startVallumd(['-h', '127.0.0.1', '-p', String(broker.port), ...node], {
        stateDir,
      });
      await daemon.waitForOutput(/listening to blacklist\/#/);
      await publish('blacklist/add', '10.9.0.1 origin web1\n192.0.2.1 origin web1');
      await isHeld('10.9.0.1', true);
      await daemon.kill('SIGTERM');
      const rule = ['INPUT', '-m', 'set', '--match-set', 'blacklist', 'src', '-j', 'DROP'];
      await mustRun('iptables', ['-A', ...rule]);
      daemon = await startVallumd(['-h', '10.9.0.1', '-p', String(other.port), ...node], {
        stateDir,
      });
      await daemon.waitForOutput(/listening to blacklist\/#/);
      expect(await members('blacklist')).toEqual(['192.0.2.1 timeout 0']);
      await daemon.kill('SIGTERM');
      await mustRun('iptables', ['-D', ...rule]);
      await other.stop();
      await far.remove();
    }, 60_000);
  },
);
