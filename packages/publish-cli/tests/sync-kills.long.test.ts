import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, it } from '@jest/globals';
import { startMosquitto, suiteNeeding, temporaryFolder, waitFor } from '@vallum/test-kit';
import { startMemoryNode } from './memory-node.js';
import { callsOf, runUntil, wasKilled } from './strace.js';
import { vallumPub } from './vallum-pub.js';

/** How often it is cut off; each time at the next of its calls, over and over. */
const KILLS = 60;
const MOST_ENTRIES = 40;
const SEED = 20_261_126;

suiteNeeding(
  ['strace', 'mosquitto'],
  'vallum-pub sync over random lists, killed at any call of the system',
  () => {
    it('ends in what the last list says, whatever was cut off before, and whether or not it remembers', async () => {
      const broker = await startMosquitto();
      const node = await startMemoryNode(broker, 'fw1');
      await node.vallum.ban('192.0.2.1', { origin: 'web1' });
      const folder = temporaryFolder();
      const [list, state] = [join(folder, 'list.txt'), join(folder, 'state')];
      const args = [
        ...['sync', '-f', list, '--set', 'blacklist', '--origin', 'feed', '--force'],
        ...['--state-dir', state, '-p', broker.port.toString(), '--wait', '5s'],
      ];
      const dice = createDice(SEED);
      const newList = () => {
        const all = Array.from({ length: MOST_ENTRIES }, (_, n) => `198.51.100.${n.toString()}`);
        const chosen = all.filter(() => dice() < 0.5);
        writeFileSync(list, chosen.join('\n'));
        return chosen;
      };
      const inStep = async (wanted: readonly string[]) => {
        const expected = ['192.0.2.1 web1', ...wanted.map((address) => `${address} feed`)].sort();
        await waitFor(async () => isDeepStrictEqual(await node.leases(), expected), {
          what: expected.join(', '),
        });
      };
      const whole = async () => {
        const wanted = newList();
        expect((await vallumPub(args)).code).toBe(0);
        await inStep(wanted);
      };

      await whole();
      newList();
      // From the first look at its state on: all of what it does to it, and to the broker.
      const calls = await callsOf(args, /"\/.*\/state"/);
      expect(calls.map(({ name }) => name)).toEqual(expect.arrayContaining(['fsync', 'rename']));
      let kills = 0;
      for (let round = 0; round < KILLS; round++) {
        newList();
        const call = calls[Math.floor((round * calls.length) / KILLS)];
        if (call !== undefined && wasKilled(await runUntil(call, 'KILL', args))) kills += 1;
        // Three in a row may be cut off; and what is remembered may be lost with them.
        if (dice() < 0.1) rmSync(state, { recursive: true, force: true });
        if (round % 3 === 2) await whole();
      }
      expect(kills).toBeGreaterThan(KILLS / 2);
      await whole();
      expect(readdirSync(state)).toEqual([expect.stringMatching(/\.sync$/)]);
      await node.vallum.close();
      await broker.stop();
    }, 400_000);
  },
);

/** Marsaglia's xorshift, for lists that are the same in each run: 0 to 1. */
function createDice(seed: number): () => number {
  let word = seed;
  return () => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return (word >>> 0) / 2 ** 32;
  };
}
