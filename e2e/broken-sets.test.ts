import { writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Mosquitto,
  type Namespace,
  type RunningProcess,
} from '@vallum/test-kit';
import { openGate, type ProgramGate } from './support/program-gate.js';
import { holds, members } from './support/kernel-set.js';
import { createFirewall, type Firewall } from './support/firewall.js';
import { startVallumd } from './support/programs.js';

// vallumd looks at its sets every 10 s; another 10 for a machine with other things to do.
jest.setTimeout(30_000);
const HEALED = { timeoutMs: 20_000 };

/**
 * Every fault is made first, told by each daemon, and then mended at once, so that all recoveries
 * happen at the same check.
 */
suiteNeeding(
  ['ipset', 'iproute', 'mosquitto', 'mosquitto-clients'],
  'in a world that is broken',
  () => {
    let world: Firewall;
    let firewall: Namespace;
    let broker: Mosquitto;
    let guarded: Mosquitto;
    const passwordFile = join(temporaryFolder(), 'password');
    let gate: ProgramGate;
    /** Meets broken sets, one for each topic. */
    let vallumd: RunningProcess;
    /** May not use kernel sets. */
    let forbidden: RunningProcess;
    /** Has the wrong password. */
    let stranger: RunningProcess;
    /** Keeps its ledger on a disk of 64 KiB that it alone sees, nearly full. */
    let crowded: RunningProcess;
    let slowIpset: ProgramGate;
    const crowdedState = temporaryFolder();
    /** Take each other for themselves. */
    let twins: RunningProcess[];

    const ipset: Firewall['ipset'] = (...args) => world.ipset(...args);
    const pub: Firewall['pub'] = (...args) => world.pub(...args);
    const start: Firewall['start'] = (...args) => world.start(...args);
    const isHeld = (set: string, address: string) => world.isHeld(set, address, HEALED.timeoutMs);
    const isAlive = async () => {
      const address = `192.0.2.${String((probes += 1))}`;
      await pub('sound/add', address);
      await isHeld('sound', address);
    };
    let probes = 100;
    const acknowledgedByCrowded = () =>
      [...broker.log().matchAll(/Received PUBACK from vallumd-fw5/g)].length;

    beforeAll(async () => {
      world = await createFirewall('broken', { persistence: true });
      ({ namespace: firewall, broker } = world);
      guarded = await startMosquitto({ namespace: firewall, users: { fw: 'sesame' } });
      gate = await openGate('ipset');
      slowIpset = await openGate('ipset');
      await gate.forbid();
      await ipset('create', 'sound', 'hash:ip');
      await ipset('create', 'gone', 'hash:ip', 'timeout', '0');
      await ipset('create', 'full', 'hash:ip', 'hashsize', '64', 'maxelem', '2');
      await ipset('create', 'wrong', 'hash:ip', 'family', 'inet6');
      await ipset('create', 'alien', 'list:set');
      await ipset('create', 'mine', 'hash:ip');
      await ipset('create', 'crowded', 'hash:ip');
      await writeFile(passwordFile, 'simsalabim\n', { mode: 0o600 });

      [vallumd, forbidden, stranger] = await Promise.all([
        start('fw1', ['sound', 'missing', 'tight', 'gone', 'full', 'wrong', 'alien']),
        start('fw2', ['mine'], { env: { PATH: gate.path, VALLUM_BACKEND: 'ipset-process' } }),
        startVallumd(
          [
            ...['-h', '127.0.0.1', '-p', String(guarded.port), '--node', 'fw3', '-t', 'sound'],
            ...['-u', 'fw', '--password-file', passwordFile],
          ],
          { namespace: firewall },
        ),
      ]);
      twins = await Promise.all([start('twin', ['sound']), start('twin', ['sound'])]);
      crowded = await start('fw5', ['crowded'], {
        stateDir: crowdedState,
        env: { PATH: slowIpset.path, VALLUM_BACKEND: 'ipset-process' },
        under: [
          ...['unshare', '-m', 'sh', '-c'],
          `mount -t tmpfs -o size=64k,mode=700 vallum "$0" &&
           head -c 57344 /dev/zero >"$0/filler" && exec "$@"`,
          crowdedState,
        ],
      });
      await vallumd.waitForOutput(/listening to alien\/#/);
      await crowded.waitForOutput(/listening to crowded\/#/);
      await forbidden.waitForOutput(/listening to mine\/#/);
    }, 30_000);
    afterAll(async () => {
      await Promise.all(
        [vallumd, forbidden, stranger, crowded, ...twins].map((node) => node.kill()),
      );
      await guarded.stop();
      await world.remove();
    });

    describe('says what is wrong and what to do, and goes on', () => {
      afterAll(isAlive);

      it('where a set is missing', async () => {
        await vallumd.waitForOutput(
          /warning: set missing cannot be used: .*ipset create missing hash:net timeout 0/,
        );
        await pub('missing/add', '192.0.2.1');
        await pub('tight/add', '192.0.2.1\n192.0.2.2\n192.0.2.3');
        await vallumd.waitForOutput(
          /warning: failed to ban 192\.0\.2\.1 in missing: .*ipset create missing .*it is kept/,
        );
      });

      it('where a set vanishes', async () => {
        await pub('gone/add', '192.0.2.2 timeout 600\n192.0.2.3');
        await isHeld('gone', '192.0.2.3');
        await ipset('destroy', 'gone');
        await pub('gone/add', '192.0.2.4');
        await vallumd.waitForOutput(
          /warning: set gone cannot be used: .*does not exist; create it: ipset create gone/,
        );
      });

      it('where a set is full', async () => {
        await pub('full/add', '192.0.2.5\n192.0.2.6\n192.0.2.7\n192.0.2.8');
        await vallumd.waitForOutput(
          /warning: failed to ban 192\.0\.2\.7 in full: .*full; make it again with a larger maxelem; it is kept/,
        );
        expect((await members('full', firewall)).sort()).toEqual(['192.0.2.5', '192.0.2.6']);
      });

      it('where a set holds the other family', async () => {
        await pub('wrong/add', '192.0.2.9');
        await vallumd.waitForOutput(
          /warning: refused to ban 192\.0\.2\.9 in wrong: .*need a set of family inet/,
        );
      });

      it('where a set holds no addresses', async () => {
        await vallumd.waitForOutput(
          /warning: set alien cannot be used: set alien is a list:set; Vallum edits hash:ip, hash:net/,
        );
      });

      it('where it has no permission', async () => {
        await forbidden.waitForOutput(
          /warning: set mine cannot be used: .*run as root or with CAP_NET_ADMIN/,
        );
        await pub('mine/add', '192.0.2.10');
        await forbidden.waitForOutput(
          /warning: failed to ban 192\.0\.2\.10 in mine: .*CAP_NET_ADMIN; it is kept/,
        );
        expect(await members('mine', firewall)).toEqual([]);
      });

      it('where the disk is full, and acknowledges then nothing that the disk does not hold', async () => {
        await slowIpset.delay();
        await pub('crowded/add', '192.0.2.20');
        await waitFor(() => acknowledgedByCrowded() === 1, { what: 'PUBACK of what is on disk' });
        expect(await holds('crowded', '192.0.2.20', firewall)).toBe(false);
        await slowIpset.clear();

        const many = Array.from(
          { length: 90 },
          (_, at) => `192.0.2.${String(100 + at)} reason "${String(at).repeat(120).slice(0, 240)}"`,
        );
        await pub('crowded/add', many.join('\n'));
        await crowded.waitForOutput(
          /warning: .*ENOSPC.*make room on this disk; until this works again, what is banned and unbanned is kept in memory/,
        );
        await isHeld('crowded', '192.0.2.189');
        await pub('crowded/add', '192.0.2.21');
        await isHeld('crowded', '192.0.2.21');
        expect(acknowledgedByCrowded()).toBe(1);
      });

      it('where its password is wrong', async () => {
        // Mosquitto answers "not authorised" to those whom it does not know.
        await stranger.waitForOutput(
          /(error: not connected to the broker: .*"fw".*check user name and password.*next attempt in \d+ s\s.*){2}/,
        );
        expect(stranger.output()).not.toContain('simsalabim');
      });

      it('where what arrives is rubbish', async () => {
        const noise = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7919) % 251));
        for (const payload of [
          noise,
          Buffer.alloc(0),
          Buffer.alloc(70_000, '['),
          Buffer.from('{"address":"192.0.2.11","timeout":1e999}'),
          Buffer.from('{"__proto__":{"address":"192.0.2.11"}}'),
          Buffer.from('null'),
          Buffer.from([0xc3, 0x28, 0xff]),
        ]) {
          vallumd.clearOutput();
          await pub('sound/add', payload);
          await vallumd.waitForOutput(/warning: rejected "/);
        }
        await isAlive();
        expect(await holds('sound', '192.0.2.11', firewall)).toBe(false);
      });
    });

    describe('recovers by itself', () => {
      beforeAll(async () => {
        vallumd.clearOutput();
        await ipset('create', 'missing', 'hash:ip');
        await ipset('create', 'tight', 'hash:ip', 'hashsize', '64', 'maxelem', '2');
        await ipset('create', 'gone', 'hash:ip', 'timeout', '0');
        // As its log says: another one, with more room.
        await ipset('create', 'larger', 'hash:ip', 'hashsize', '64', 'maxelem', '1000');
        await ipset('swap', 'full', 'larger');
        await ipset('destroy', 'wrong');
        await ipset('create', 'wrong', 'hash:ip');
        await ipset('destroy', 'alien');
        await ipset('create', 'alien', 'hash:ip');
        await gate.clear();
        await rm(`/proc/${String(crowded.pid)}/root${crowdedState}/filler`);
        await writeFile(passwordFile, 'sesame\n');
      });

      it('when the missing set is created', async () => {
        await isHeld('missing', '192.0.2.1');
        await vallumd.waitForOutput(/set missing is ready: hash:ip, ipv4, without timeouts/);
      });

      it('as far as the created set has room, and claims no more', async () => {
        await vallumd.waitForOutput(
          /warning: set tight lacks bans of the ledger: 0 bans were there, 2 added, 0 removed, 1 failed, the first because set tight is full; make it again/,
          HEALED,
        );
        expect(await members('tight', firewall)).toHaveLength(2);
      });

      it('when the set is back, with all bans and the rest of their times', async () => {
        for (const address of ['192.0.2.2', '192.0.2.3', '192.0.2.4'])
          await isHeld('gone', address);
        expect((await members('gone', firewall)).sort()).toEqual([
          expect.stringMatching(/^192\.0\.2\.2 timeout 5[5-9]\d$/),
          '192.0.2.3 timeout 0',
          '192.0.2.4 timeout 0',
        ]);
      });

      it('when the set has room', async () => {
        for (const end of ['5', '6', '7', '8']) await isHeld('full', `192.0.2.${end}`);
      });

      it('when the set is of the right family and type', async () => {
        await vallumd.waitForOutput(/set wrong is ready: hash:ip, ipv4/, HEALED);
        await vallumd.waitForOutput(/set alien is ready: hash:ip, ipv4/, HEALED);
        for (const set of ['wrong', 'alien']) {
          await pub(`${set}/add`, '192.0.2.9');
          await isHeld(set, '192.0.2.9');
        }
      });

      it('when it is permitted', async () => {
        await isHeld('mine', '192.0.2.10');
        await forbidden.waitForOutput(/set mine is ready/);
      });

      it('when the disk has room', async () => {
        await crowded.waitForOutput(/the ledger is kept on disk again/, HEALED);
        await waitFor(() => acknowledgedByCrowded() === 3, {
          ...HEALED,
          what: 'PUBACK of what the disk holds now',
        });
        await pub('crowded/add', '192.0.2.22');
        await isHeld('crowded', '192.0.2.22');
      });

      it('when the password is right', async () => {
        await stranger.waitForOutput(/listening to sound\/#/, HEALED);
      });
    });

    it('keeps what it was not permitted to ban until it is started by root', async () => {
      await ipset('create', 'unprivileged', 'hash:ip');
      const stateDir = temporaryFolder();
      const robbed = await start('fw4', ['unprivileged'], {
        stateDir,
        under: ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'],
      });
      await robbed.waitForOutput(/warning: set unprivileged cannot be used: .*CAP_NET_ADMIN/);
      await robbed.waitForOutput(/listening to/);
      await pub('unprivileged/add', '192.0.2.11');
      await robbed.waitForOutput(/failed to ban 192\.0\.2\.11 .*CAP_NET_ADMIN/);
      expect((await robbed.kill()).code).toBe(0);
      const root = await start('fw4', ['unprivileged'], { stateDir });
      await isHeld('unprivileged', '192.0.2.11');
      await root.kill();
    });

    it('points at the shared name where two nodes go by the same one', async () => {
      await Promise.any(
        twins.map((twin) =>
          twin.waitForOutput(/is another client using the client id "vallumd-twin"\?/, HEALED),
        ),
      );
    });
  },
);
