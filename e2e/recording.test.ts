import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import { root } from './support/pages.js';
import { normalised, record, type Recording } from './support/recording/record.js';
import { setScene, type Scene } from './support/recording/scene.js';

const file = join(root, 'docs/images/recording.json');

suiteNeeding(
  ['root', 'namespace', 'nft', 'ipset', 'iptables', 'iproute', 'mosquitto', 'openssl'],
  'the recording in the README',
  () => {
    let scene: Scene;

    beforeAll(async () => {
      scene = await setScene();
    }, 60_000);
    afterAll(async () => {
      await scene.remove();
    });

    it('shows what the programs still say', async () => {
      const taken = await record(scene);
      const kept = existsSync(file)
        ? (JSON.parse(readFileSync(file, 'utf8')) as Recording)
        : undefined;
      const isSame = JSON.stringify(kept && normalised(kept)) === JSON.stringify(normalised(taken));
      // Set by `npm run recording`. Times alone are no reason for another picture.
      if (process.env['VALLUM_RECORD'] === '1' && !isSame) {
        writeFileSync(file, `${JSON.stringify(taken, null, 2)}\n`);
        return;
      }
      expect(normalised(taken)).toEqual(kept && normalised(kept));
    }, 60_000);
  },
);
