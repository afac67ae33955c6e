import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  freePort,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { callsOf, runUntil, wasKilled, type Fate } from './strace.js';
import { subscribe, vallumPub } from './vallum-pub.js';

/** Of those that touch a disk. */
const FAILING = ['mkdir', 'openat', 'getdents64', 'fchmod', 'write', 'fsync', 'rename'];
const ERRORS: readonly Fate[] = ['EIO', 'ENOSPC', 'EROFS'];

suiteNeeding(
  ['strace', 'mosquitto', 'mosquitto-clients'],
  'the spool, where any call of the system may be the last one, or fail',
  () => {
    let broker: Mosquitto;
    let heard: RunningProcess;
    let nowhere: string;
    beforeAll(async () => {
      broker = await startMosquitto();
      heard = await subscribe(broker, '%p');
      nowhere = (await freePort()).toString();
    }, 30_000);
    afterAll(async () => {
      await heard.kill();
      await broker.stop();
    });

    const messages = (spool: string) =>
      existsSync(spool) ? readdirSync(spool).filter((name) => !name.startsWith('.')) : [];
    const flush = (spool: string) =>
      ['flush', '--any-broker', '-p', broker.port.toString(), '--spool-dir', spool] as const;
    const add = (address: string, spool: string) =>
      ['add', address, '-p', nowhere, '--set', 'x', '--wait', '1s', '--spool-dir', spool] as const;
    const newSpool = () => join(temporaryFolder(), 'spool');
    /** Everything that was kept arrives, and nothing of it twice with another meaning. */
    const arrive = async (addresses: readonly string[]) => {
      for (const address of addresses) {
        await heard.waitForOutput(new RegExp(`^${address.replaceAll('.', '\\.')} at \\d+$`, 'm'));
        const lines = heard
          .stdout()
          .split('\n')
          .filter((line) => line.startsWith(`${address} `));
        expect(new Set(lines).size).toBe(1);
      }
    };

    it('keeps what it said is kept, and never half a message', async () => {
      const calls = await callsOf(add('192.0.2.1', newSpool()), /mkdir\(".*\/spool"/);
      expect(calls.map(({ name }) => name)).toEqual(expect.arrayContaining(['fsync', 'rename']));
      const all = newSpool();
      mkdirSync(all);
      const kept: string[] = [];
      let kills = 0;
      let errors = 0;
      const attempt = async (call: (typeof calls)[number], fate: Fate, address: string) => {
        const spool = newSpool();
        const result = await runUntil(call, fate, add(address, spool));
        // Where it is the saying that fails, its exit code says it.
        const isKept = result.code === 0 || result.stderr.includes(`kept 1 ban in ${spool}`);
        if (isKept) kept.push(address);
        for (const name of messages(spool)) copyFileSync(join(spool, name), join(all, name));
        if (wasKilled(result)) {
          kills += 1;
          return;
        }
        // What is kept ends with 0. Else 69, or 70 where another call of that name has failed.
        expect({ call, fate, ...result, isWell: result.code === 0 }).toMatchObject({
          ...{ call, fate, isWell: isKept },
        });
        if (isKept) return;
        errors += 1;
        if (result.code === 69 && result.stderr !== '') {
          expect(result.stderr).toContain('not kept');
        }
      };
      for (const [at, call] of calls.entries()) {
        await attempt(call, 'KILL', `192.0.2.${at.toString()}`);
        // What is written last is what it says, to a standard error that is a pipe.
        const isOfDisk =
          FAILING.includes(call.name) && at < calls.findLastIndex(({ name }) => name === 'fsync');
        const fate = ERRORS[at % ERRORS.length] ?? 'EIO';
        if (isOfDisk) await attempt(call, fate, `198.51.100.${at.toString()}`);
      }
      expect(kills).toBeGreaterThan(10);
      expect(errors).toBeGreaterThan(5);
      expect(kept.length).toBeGreaterThan(0);
      // 65 would be: some of it was no message.
      expect(await vallumPub(flush(all))).toMatchObject({ code: 0, stderr: '' });
      expect(messages(all)).toEqual([]);
      await arrive(kept);
    }, 600_000);

    it('delivers everything in the end, wherever it was cut off while it delivered', async () => {
      const full = newSpool();
      const addresses = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
      for (const address of addresses) {
        const { code } = await vallumPub(add(address, full), { env: { VALLUM_SPOOL: 'true' } });
        expect(code).toBe(0);
      }
      const copy = () => {
        const spool = newSpool();
        cpSync(full, spool, { recursive: true });
        return spool;
      };
      const calls = await callsOf(flush(copy()), /openat\(.*\/spool"/);
      let kills = 0;
      for (const [at, call] of calls.entries()) {
        heard.clearOutput();
        const spool = copy();
        const fates: readonly Fate[] = ['unlink', 'symlink'].includes(call.name)
          ? ['KILL', ERRORS[at % ERRORS.length] ?? 'EIO']
          : ['KILL'];
        for (const fate of fates) {
          const result = await runUntil(call, fate, flush(spool));
          if (wasKilled(result)) kills += 1;
          // What is gone from the disk has arrived.
          if (messages(spool).length === 0) await arrive(addresses);
        }
        const rest = await vallumPub(flush(spool));
        expect({ call, ...rest }).toMatchObject({ call, code: 0, stderr: '' });
        expect(messages(spool)).toEqual([]);
        await arrive(addresses);
      }
      expect(kills).toBeGreaterThan(10);
    }, 600_000);
  },
);
