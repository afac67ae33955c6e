import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  createNamespace,
  makeCertificates,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Certificates,
  type Mosquitto,
  type Namespace,
  type RunningProcess,
} from '@vallum/test-kit';
import { holds, members } from './support/kernel-set.js';
import { mosquittoPub } from './support/mosquitto-clients.js';
import { runVallumd, runVallumPub, startVallumd } from './support/programs.js';

jest.setTimeout(20_000);

const LOGIN = ['-u', 'fw', '-P', 'sesame'];

suiteNeeding(
  ['ipset', 'iproute', 'mosquitto', 'mosquitto-clients', 'openssl'],
  'in the place of the C vallumd',
  () => {
    let firewall: Namespace;
    let broker: Mosquitto;

    /** The ancestor's command line, each option of it and nothing else. */
    const ancestorly = (port: number, ...more: readonly string[]) => [
      ...['-h', '127.0.0.1', '-p', String(port), ...LOGIN, ...more],
    ];
    const start = async (args: readonly string[], stateDir = temporaryFolder()) => {
      const vallumd = await startVallumd(args, { namespace: firewall, stateDir });
      await vallumd.waitForOutput(/listening to /);
      return vallumd;
    };
    const pub = (topic: string, payload: string | Uint8Array, more: readonly string[] = LOGIN) =>
      mosquittoPub(firewall, broker, topic, payload, more);
    const isHeld = (set: string, address: string, held = true) =>
      waitFor(async () => (await holds(set, address, firewall)) === held, {
        timeoutMs: 10_000,
        what: `${address} ${held ? 'in' : 'out of'} ${set}`,
      });

    beforeAll(async () => {
      firewall = await createNamespace('ancestor');
      broker = await startMosquitto({
        namespace: firewall,
        users: { fw: 'sesame' },
        persistence: true,
      });
    }, 30_000);
    afterAll(async () => {
      await broker.stop();
      await firewall.remove();
    });

    describe('as its manual writes it', () => {
      let certificates: Certificates;
      let overTls: Mosquitto;

      beforeAll(async () => {
        certificates = await makeCertificates(temporaryFolder());
        overTls = await startMosquitto({
          namespace: firewall,
          users: { fw: 'sesame' },
          tls: {
            ca: certificates.ca,
            cert: certificates.serverCert,
            key: certificates.serverKey,
          },
        });
      }, 30_000);
      afterAll(() => overTls.stop());

      it.each([
        ['hash:ip', [], 'plain'],
        ['hash:net', [], 'over TLS'],
        ['bitmap:ip', ['range', '1.2.0.0/16'], 'plain'],
      ] as const)(
        'bans and unbans in a %s, with timeout and without',
        async (type, options, transport) => {
          await firewall.exec('ipset', ['create', 'blacklist', type, ...options]);
          await firewall.exec('ipset', ['create', 'other', type, ...options, 'timeout', '600']);
          const tls = transport === 'over TLS';
          const { port } = tls ? overTls : broker;
          const send = (topic: string, payload: string) =>
            mosquittoPub(firewall, { port }, topic, payload, [
              ...LOGIN,
              ...(tls ? ['--cafile', certificates.ca] : []),
            ]);
          const vallumd = await start(
            ancestorly(
              port,
              ...['-t', 'blacklist', '-t', 'other', ...(tls ? ['-T', '-c', certificates.ca] : [])],
            ),
          );

          for (const set of ['blacklist', 'other']) {
            await send(`${set}/add`, '1.2.3.4');
            await send(set, '1.2.3.5');
            await send(`${set}/add`, '1.2.3.6');
            await send(`${set}/del`, '1.2.3.4');
            await isHeld(set, '1.2.3.6');
            await isHeld(set, '1.2.3.4', false);
          }
          expect((await members('blacklist', firewall)).sort()).toEqual(['1.2.3.5', '1.2.3.6']);
          const timed = (await members('other', firewall)).sort();
          expect(timed).toEqual([
            expect.stringMatching(/^1\.2\.3\.5 timeout (5[89]\d|600)$/),
            expect.stringMatching(/^1\.2\.3\.6 timeout (5[89]\d|600)$/),
          ]);
          if (type === 'hash:net') {
            await send('blacklist/add', '198.51.100.0/24');
            await isHeld('blacklist', '198.51.100.7');
          }

          await vallumd.kill();
          expect(await members('blacklist', firewall)).toContain('1.2.3.5');
          await firewall.exec('ipset', ['destroy']);
        },
        30_000,
      );
    });

    it.each([
      ['add', 'ban'],
      ['del', 'unban'],
    ])('sends with vallum-pub %s what mosquitto_pub sends', async (action) => {
      const watcher = await firewall.start('mosquitto_sub', [
        ...['-h', '127.0.0.1', '-p', String(broker.port), ...LOGIN, '-i', `watch-${action}`],
        ...['-v', '-q', '2', '-t', 'blacklist/#', '-C', '2', '-F', '%q %r %t %x'],
      ]);
      await waitFor(() => broker.log().includes(`Sending SUBACK to watch-${action}`));
      await pub(`blacklist/${action}`, '1.2.3.4');
      const sent = await runVallumPub(
        [
          ...[action, '1.2.3.4', '--set', 'blacklist'],
          ...['-h', '127.0.0.1', '-p', String(broker.port), ...LOGIN],
        ],
        { namespace: firewall },
      );
      expect(sent).toMatchObject({ code: 0, stderr: '' });
      const { stdout } = await watcher.exited;
      const [theirs, ours] = stdout.trimEnd().split('\n');
      expect(theirs).toBe(`2 0 blacklist/${action} 312e322e332e34`);
      // But for the QoS: only at 1 does Mosquitto tell that nobody listens (docs/decisions/0017).
      expect(ours).toBe(`1 0 blacklist/${action} 312e322e332e34`);

      // A subscriber that is there is told of no retain flag: the broker is, as `r0`.
      // Received PUBLISH from auto-1F (d0, q2, r0, m1, 'blacklist/add', ... (7 bytes))
      const received = [...broker.log().matchAll(/Received PUBLISH from \S+ \((.*)\)$/gm)]
        .map(([, what]) => what?.replace(/m\d+/, 'm…'))
        .filter((what) => what?.includes(`'blacklist/${action}'`));
      expect(received.slice(-2)).toEqual(
        [2, 1].map((qos) => `d0, q${String(qos)}, r0, m…, 'blacklist/${action}', ... (7 bytes)`),
      );
    });

    describe('without its faults', () => {
      let vallumd: RunningProcess;

      beforeAll(async () => {
        for (const [set, family] of [
          ['four', 'inet'],
          ['six', 'inet6'],
          ['dual', 'inet'],
          ['dual6', 'inet6'],
          ['test/subtopic', 'inet'],
          ['mapped', 'inet'],
        ] as const) {
          await firewall.exec('ipset', ['create', set, 'hash:ip', 'family', family]);
        }
        const topics = ['four', 'six', 'dual', 'test/subtopic', 'test/other=mapped'];
        vallumd = await start(ancestorly(broker.port, ...topics.flatMap((topic) => ['-t', topic])));
      }, 30_000);
      afterAll(() => vallumd.kill());

      /** What vallumd did last has been done when this is over. */
      const stillBans = async (address: string) => {
        await pub('four/add', address);
        await isHeld('four', address);
      };

      it('survives the deletion of what is not there', async () => {
        await pub('four/del', '192.0.2.1');
        await vallumd.waitForOutput(
          /unbanned 192\.0\.2\.1 in four, where it was not banned \(via four\/del\)/,
        );
        await stillBans('192.0.2.2');
      });

      it('refuses an address of the wrong family, and says which set would take it', async () => {
        await pub('four/add', '2001:db8::1');
        await vallumd.waitForOutput(
          /warning: refused to ban 2001:db8::1 in four: .*ipset create four6 hash:net family inet6/,
        );
        await pub('six/add', '192.0.2.3');
        await vallumd.waitForOutput(/warning: refused to ban 192\.0\.2\.3 in six: .*family inet/);
        await pub('six/add', '2001:db8::2');
        await isHeld('six', '2001:db8::2');
        expect(await members('six', firewall)).toEqual(['2001:db8::2']);
      });

      it('takes both families on one topic where the IPv6 set stands beside', async () => {
        await pub('dual/add', '2001:db8::3');
        await pub('dual/add', '192.0.2.4');
        await isHeld('dual6', '2001:db8::3');
        await isHeld('dual', '192.0.2.4');
        await pub('dual/del', '2001:db8::3');
        await isHeld('dual6', '2001:db8::3', false);
      });

      it('refuses 4,096 bytes of A', async () => {
        await pub('four/add', 'A'.repeat(4096));
        await vallumd.waitForOutput(/warning: rejected "A+…": /);
        await stillBans('192.0.2.5');
      });

      it('reads a payload no further than it goes', async () => {
        await pub('four/add', '192.0.2.198');
        await pub('four/add', '192.0.2.1');
        await isHeld('four', '192.0.2.1');
        expect(await holds('four', '192.0.2.198', firewall)).toBe(true);
        await pub('four/del', '192.0.2.1');
        await isHeld('four', '192.0.2.1', false);
        expect(await holds('four', '192.0.2.198', firewall)).toBe(true);
      });

      it('refuses an address with a NUL, before or behind', async () => {
        for (const payload of ['192.0.2.7\0', '192.0.2.8\0.9', '\u0000192.0.2.9']) {
          vallumd.clearOutput();
          await pub('four/add', Buffer.from(payload));
          await vallumd.waitForOutput(/warning: rejected "[^"]*\\x00/);
        }
        await stillBans('192.0.2.10');
        for (const address of ['192.0.2.7', '192.0.2.8', '192.0.2.9']) {
          expect(await holds('four', address, firewall)).toBe(false);
        }
      });

      it('edits the set of its whole name for a topic of several levels', async () => {
        await pub('test/subtopic/add', '192.0.2.11');
        await pub('test/subtopic', '192.0.2.12');
        await pub('test/other/add', '192.0.2.13');
        await isHeld('mapped', '192.0.2.13');
        expect((await members('test/subtopic', firewall)).sort()).toEqual([
          '192.0.2.11',
          '192.0.2.12',
        ]);
        await pub('test/subtopic/del', '192.0.2.11');
        await isHeld('test/subtopic', '192.0.2.11', false);
      });

      it('takes an action that it does not know for none', async () => {
        const before = await members('dual', firewall);
        for (const topic of ['dual/flush', 'dual/add/x', 'dual/del/add', 'dual/ADD']) {
          await pub(topic, '192.0.2.14');
          await vallumd.waitForOutput(
            new RegExp(`warning: rejected "${topic}": behind the topic goes nothing, /add or /del`),
          );
        }
        await stillBans('192.0.2.15');
        expect(await members('dual', firewall)).toEqual(before);
      });

      it('does not die of SIGHUP', async () => {
        vallumd.signal('SIGHUP');
        await vallumd.waitForOutput(/configuration reloaded/);
        await stillBans('192.0.2.16');
      });

      it('connects again each time that the broker restarts, and misses nothing', async () => {
        for (const address of ['192.0.2.21', '192.0.2.22', '192.0.2.23']) {
          vallumd.clearOutput();
          await broker.restart();
          await stillBans(address);
          await vallumd.waitForOutput(/continuing the session/);
        }
      }, 30_000);
    });

    it('waits for a broker that starts after it', async () => {
      await firewall.exec('ipset', ['create', 'late', 'hash:ip']);
      await broker.stop();
      const vallumd = await startVallumd(ancestorly(broker.port, '-t', 'late'), {
        namespace: firewall,
      });
      await vallumd.waitForOutput(/warning: not connected to the broker: .*next attempt in \d+ s/);
      await broker.start();
      await vallumd.waitForOutput(/listening to late\/#/);
      await pub('late/add', '192.0.2.31');
      await isHeld('late', '192.0.2.31');
      expect((await vallumd.kill()).code).toBe(0);
    }, 30_000);

    it('fires its last will where it was killed, and not where it was stopped', async () => {
      const watcher = await firewall.start('mosquitto_sub', [
        ...['-h', '127.0.0.1', '-p', String(broker.port), ...LOGIN, '-i', 'watch-status'],
        ...['-v', '-R', '-t', 'vallumd/#'],
      ]);
      await waitFor(() => broker.log().includes('Sending SUBACK to watch-status'));
      const stateDir = temporaryFolder();
      const args = ancestorly(broker.port, '-t', 'late');
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        const vallumd = await start(args, stateDir);
        await watcher.waitForOutput(/"state":"online"/);
        expect((await vallumd.kill(signal)).code).toBe(0);
        await watcher.waitForOutput(/"state":"stopped"/);
        expect(watcher.output()).not.toContain('offline');
        watcher.clearOutput();
      }
      const vallumd = await start(args, stateDir);
      await watcher.waitForOutput(/"state":"online"/);
      expect(watcher.output()).not.toContain('offline');
      await vallumd.kill('SIGKILL');
      await watcher.waitForOutput(/^vallumd\/\S+ \{"state":"offline",.*\}$/m);
      await watcher.kill();
    }, 30_000);

    it('prints its version with -V', async () => {
      const { code, stdout } = await runVallumd(['-V']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^vallumd-\d+\.\d+\.\d+\S*\n$/);
    });

    it.each([
      ['host', ['-t', 'blacklist'], /no broker is given: -h HOST/],
      ['topic', ['-h', '127.0.0.1'], /no topic is given: -t TOPIC/],
    ])('prints the usage and fails without a %s', async (_what, args, says) => {
      const { code, stdout, stderr } = await runVallumd(args);
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
      expect(stderr).toMatch(says);
      for (const flag of ['-h', '-p', '-u', '-P', '-t', '-V', '-c', '-T']) {
        expect(stderr).toMatch(new RegExp(`^ *${flag}, --`, 'm'));
      }
    });
  },
);
