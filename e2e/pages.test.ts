import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import { asideRuns } from './support/aside-runs.js';
import { fail2banRuns } from './support/fail2ban-runs.js';
import { guideRuns } from './support/guide-runs.js';
import { asidesAmiss, forgotten, stale } from './support/page-register.js';
import { clearScene, setScene } from './support/page-scene.js';
import { typedBlocks } from './support/pages.js';
import { readmeRuns } from './support/readme-runs.js';

jest.setTimeout(40_000);

const runs = [...readmeRuns, ...guideRuns, ...fail2banRuns];

describe('the commands of the guides', () => {
  it('are each run by a test, or excused with the reason', () => {
    expect([...forgotten(runs), ...asidesAmiss(asideRuns)]).toEqual([]);
  });

  it('are all shown still', () => {
    expect(stale(runs)).toEqual([]);
  });
});

suiteNeeding(
  [
    'root',
    'namespace',
    'ipset',
    'nft',
    'iptables',
    'mosquitto',
    'mosquitto-clients',
    'openssl',
    'fail2ban',
    'prometheus',
  ],
  'what the guides show, as they show it',
  () => {
    beforeAll(async () => {
      await setScene();
    }, 60_000);

    afterEach(async () => {
      await clearScene();
    });

    it.each(runs.map((run) => [run.page, run] as const))('%s', async (page, { block, proves }) => {
      await proves(String(typedBlocks(page).find((text) => block.test(text))));
    });

    it.each(asideRuns.map((run) => [run.page, run.command, run] as const))(
      '%s in its text: %s',
      async (_page, command, { proves }) => {
        await proves(command);
      },
    );
  },
);
