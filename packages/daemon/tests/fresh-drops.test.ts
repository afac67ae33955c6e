import { expect, it } from '@jest/globals';
import {
  connectNamespaces,
  createNamespace,
  freePort,
  ownNamespace,
  suiteNeeding,
  temporaryFolder,
  waitFor,
} from '@vallum/test-kit';
import { publish, runVallumd, startVallumd } from './start-vallumd.js';

suiteNeeding(
  ['namespace', 'iproute', 'nft', 'mosquitto-clients'],
  'a vallumd with sets of nftables',
  () => {
    it('tells what its rules have dropped until the moment it is asked', async () => {
      const attacker = await createNamespace('attacker');
      await connectNamespaces(ownNamespace, attacker, {
        left: ['10.92.0.1/24'],
        right: ['10.92.0.2/24'],
      });
      const state = temporaryFolder();
      const port = await freePort();
      const vallumd = await startVallumd([
        ...['--listen', port.toString(), '-t', 'blacklist', '--backend', 'nftables', '--create'],
        ...['--state-dir', state],
      ]);
      await vallumd.waitForOutput(/listening to blacklist/);
      await publish(port, 'blacklist/add', '10.92.0.2 timeout 3600');
      await vallumd.waitForOutput(/banned 10\.92\.0\.2/);
      const packets = async () => {
        const { stdout } = await runVallumd(['status', '--json', '--state-dir', state]);
        const { sets } = JSON.parse(stdout) as {
          sets: { set: string; dropped?: { packets: number } }[];
        };
        return sets.find(({ set }) => set === 'blacklist')?.dropped?.packets;
      };
      await waitFor(async () => ((await packets()) === 0 ? true : undefined), {
        ...{ timeoutMs: 20_000, what: 'a rule that has dropped nothing' },
      });
      // The sets are looked at every ten seconds: at most one look falls among these.
      for (const wanted of [2, 4, 6]) {
        await attacker.run('ping', ['-c', '2', '-i', '0.2', '-W', '0.2', '10.92.0.1']);
        expect(await packets()).toBe(wanted);
      }
      await vallumd.kill();
      await attacker.remove();
    });
  },
);
