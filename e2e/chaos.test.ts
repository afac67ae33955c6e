import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import { buildFleet } from './chaos/fleet.js';
import { Random } from './chaos/random.js';
import { describeFailure, describeSuccess } from './chaos/report.js';
import { lookAtSets, runRound } from './chaos/round.js';
import type { Site } from './chaos/site.js';

/** `npm run chaos` says for how long, and can repeat a seed. */
const minutes = Number(process.env['VALLUM_CHAOS_MINUTES'] ?? 0);
const seed = Number(process.env['VALLUM_CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const ROUND_MS = 55_000;
/** Beside the disturbances: the calm before, and at most a minute of quiet. */
const ROUND_LIMIT_MS = ROUND_MS + 120_000;

suiteNeeding(
  ['namespace', 'iproute', 'ipset', 'nft', 'mosquitto', 'mosquitto-clients', 'faketime'],
  `chaos, seed ${String(seed)}`,
  () => {
    let site: Site;

    beforeAll(async () => {
      site = await buildFleet();
    }, 60_000);
    afterAll(async () => {
      await site.publisher.close();
    });

    it(
      'leaves every kernel set as it has to be, after a minute of quiet at most',
      async () => {
        const random = new Random(seed);
        const begun = performance.now();
        for (let round = 0; round === 0 || performance.now() - begun < minutes * 60_000; round++) {
          const result = await runRound(site, random, round, ROUND_MS);
          if (result.differences.length > 0 || result.troubles.length > 0) {
            throw new Error(describeFailure(site, seed, round, result));
          }
          if (minutes > 0) {
            console.log(describeSuccess(site, round, result));
          }
        }
      },
      minutes * 60_000 + ROUND_LIMIT_MS,
    );

    it('sees one member that was taken out of one set', async () => {
      const [victim] = site.firewalls;
      await victim!.end('SIGTERM');
      const sight = await victim!.look();
      const address = [...sight.members].find(
        ([member, end]) => end === Infinity && /^198\.51\.100\.\d+$/.test(member),
      )![0];
      await victim!.sets.drop(victim!.namespace, address);
      expect(await lookAtSets(site)).toEqual([
        { node: victim!.name, address, wanted: 'banned for ever', found: 'not banned' },
      ]);
    });
  },
);
