import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import {
  freePort,
  runProcess,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  type Mosquitto,
} from '@vallum/test-kit';
import { subscribe, vallumPub } from './vallum-pub.js';

const program = new URL('../bin/vallum-pub.js', import.meta.url).pathname;

/** No program makes so many of one of them. */
const MOST_CALLS = 60;

suiteNeeding(
  ['strace', 'mosquitto', 'mosquitto-clients'],
  'the spool, where kill -9 comes at any call of the system',
  () => {
    let broker: Mosquitto;
    beforeAll(async () => {
      broker = await startMosquitto();
    }, 30_000);

    /** Kills it as it enters the `at`th of these calls; `-f`: whichever thread makes it. */
    const killedAt = (call: string, at: number, args: readonly string[], spool: string) =>
      runProcess(
        'strace',
        [
          ...['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`],
          ...['-e', `inject=${call}:signal=KILL:when=${at.toString()}`],
          ...[process.execPath, program, ...args],
        ],
        { env: { NODE_EXTRA_CA_CERTS: undefined, VALLUM_SPOOL_DIR: spool } },
      );
    const messages = (spool: string) => {
      try {
        return readdirSync(spool).filter((name) => !name.startsWith('.'));
      } catch {
        return [];
      }
    };
    const wasKilled = (code: number | null) => code === null || code === 137;

    it.each(['mkdir', 'fchmod', 'write,pwrite64', 'fsync', 'rename', 'close'])(
      'keeps what it said is kept, and never half a message, killed at %s',
      async (call) => {
        const port = (await freePort()).toString();
        const heard = await subscribe(broker, '%p');
        const spool = join(temporaryFolder(), 'spool');
        const kept: string[] = [];
        let runs = 0;
        // The last ones are those of the spool, and the first ones those of Node itself.
        for (let at = call === 'close' ? 20 : 1; at < MOST_CALLS; at++) {
          const address = `192.0.2.${at.toString()}`;
          const ban = ['add', address, '-p', port, '--set', 'x', '--wait', '1s'];
          const { code, stderr } = await killedAt(call, at, ban, spool);
          if (stderr.includes(`kept 1 ban in ${spool}`)) kept.push(address);
          if (!wasKilled(code)) {
            expect(code).toBe(0);
            break;
          }
          runs += 1;
        }
        expect(runs).toBeGreaterThan(0);
        expect(kept.length).toBeGreaterThan(0);
        const flushed = await vallumPub(
          ['flush', '--any-broker', '-p', broker.port.toString(), '--spool-dir', spool],
          {},
        );
        // 65 would be: some of it was no message.
        expect(flushed).toMatchObject({ code: 0, stderr: '' });
        expect(messages(spool)).toEqual([]);
        for (const address of kept) await heard.waitForOutput(new RegExp(`^${address} at`, 'm'));
        await heard.kill();
      },
      180_000,
    );

    it.each(['openat', 'unlink', 'write,writev,sendto,sendmsg', 'getdents64', 'close'])(
      'delivers everything in the end, killed at %s while it delivers',
      async (call) => {
        const port = (await freePort()).toString();
        const heard = await subscribe(broker, '%p');
        const spool = join(temporaryFolder(), 'spool');
        const add = (address: string) =>
          vallumPub(['add', address, '-p', port, '--set', 'x', '--wait', '1s'], {
            env: { VALLUM_SPOOL: 'true', VALLUM_SPOOL_DIR: spool },
          });
        const own = ['--any-broker', '-p', broker.port.toString(), '--spool-dir', spool];
        // Of openat the first hundred are those of Node itself.
        let next = 1;
        for (const start of { openat: [40, 90, 140] }[call] ?? [1]) {
          for (let at = start; at < start + 8; at++) {
            await Promise.all([
              add(`192.0.2.${(next++).toString()}`),
              add(`192.0.2.${(next++).toString()}`),
            ]);
            const { code } = await killedAt(call, at, ['flush', ...own], spool);
            if (!wasKilled(code)) break;
          }
        }
        expect(await vallumPub(['flush', ...own])).toMatchObject({ code: 0, stderr: '' });
        expect(messages(spool)).toEqual([]);
        for (let last = 1; last < next; last++) {
          await heard.waitForOutput(new RegExp(`^192\\.0\\.2\\.${last.toString()} at`, 'm'));
        }
        await heard.kill();
      },
      180_000,
    );
  },
);
