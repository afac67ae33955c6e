import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Mosquitto,
  type Namespace,
} from '@vallum/test-kit';
import { createFirewall, type Firewall } from './support/firewall.js';
import { holds } from './support/kernel-set.js';
import { openGate } from './support/program-gate.js';

jest.setTimeout(60_000);

const TABLE = 'table inet vallum { set hung { type ipv4_addr; flags timeout; }; }';

const PROGRAMS = [
  {
    program: 'ipset',
    makeSet: (firewall: Namespace) =>
      firewall.exec('ipset', ['create', 'hung', 'hash:ip', 'timeout', '0']),
    isHeld: (firewall: Namespace, address: string) => holds('hung', address, firewall),
  },
  {
    program: 'nft',
    makeSet: (firewall: Namespace) => firewall.exec('nft', ['-f', '-'], { input: TABLE }),
    isHeld: async (firewall: Namespace, address: string) => {
      const element = ['inet', 'vallum', 'hung', `{ ${address} }`];
      const { code } = await firewall.run('nft', ['get', 'element', ...element]);
      return code === 0;
    },
  },
] as const;

suiteNeeding(
  ['ipset', 'nft', 'iproute', 'mosquitto', 'mosquitto-clients'],
  'while the program hangs that edits the sets',
  () => {
    let world: Firewall;
    let firewall: Namespace;
    let broker: Mosquitto;

    beforeAll(async () => {
      world = await createFirewall('hung', { persistence: true });
      ({ namespace: firewall, broker } = world);
    }, 30_000);
    afterAll(async () => {
      await world.remove();
    });

    describe.each(PROGRAMS)('$program', ({ program, makeSet, isHeld }) => {
      it('vallumd says so, ends all the same, and has lost nothing that it acknowledged', async () => {
        await makeSet(firewall);
        const gate = await openGate(program);
        const stateDir = temporaryFolder();
        const node = `hung-${program}`;
        const start = async () => {
          const daemon = await world.start(node, ['hung'], {
            stateDir,
            env: {
              PATH: gate.path,
              VALLUM_BACKEND: program === 'nft' ? 'nftables-process' : 'ipset-process',
            },
          });
          await daemon.waitForOutput(/listening to hung\/#/);
          return daemon;
        };
        const acknowledged = (): number =>
          [...broker.log().matchAll(new RegExp(`Received PUBACK from vallumd-${node}`, 'g'))]
            .length;
        const send = async (topic: string, payload: string) => {
          const before = acknowledged();
          await world.pub(topic, payload);
          await waitFor(() => acknowledged() > before, { what: `PUBACK of ${payload}` });
        };
        const becomes = (address: string, wanted: boolean) =>
          waitFor(async () => (await isHeld(firewall, address)) === wanted, {
            timeoutMs: 20_000,
            what: `${address} ${wanted ? 'in' : 'out of'} the set`,
          });

        const first = await start();
        await send('hung/add', '192.0.2.1');
        await becomes('192.0.2.1', true);

        await gate.hang();
        await send('hung/add', '192.0.2.2');
        await send('hung/del', '192.0.2.1');
        await first.waitForOutput(
          /warning: set hung has not answered for 5 s; .*is kept and follows/,
        );
        await send('hung/add', '192.0.2.3');
        await first.waitForOutput(/failed to ban 192\.0\.2\.3 in hung: .*is kept and follows/);
        const { code, signal } = await first.kill('SIGTERM');
        expect({ code, signal }).toEqual({ code: 0, signal: null });
        expect(first.output()).toMatch(/SIGTERM: stopping/);
        expect(first.output()).toMatch(
          new RegExp(
            `failed to ban 192\\.0\\.2\\.2 in hung: ${program} .* was ended, .*; it is kept`,
          ),
        );

        await gate.clear();
        const again = await start();
        await becomes('192.0.2.2', true);
        await becomes('192.0.2.3', true);
        await becomes('192.0.2.1', false);
        expect((await again.kill()).code).toBe(0);
      });
    });
  },
);
