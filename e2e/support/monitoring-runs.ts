import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Run } from './page-register.js';
import { byHand, fleet, listening, plain, withFile } from './page-scene.js';
import { root } from './pages.js';

const page = 'docs/monitoring.md';
/** Where the packages put it, and where it is here. */
const fromClone = (text: string) =>
  text.replaceAll('/usr/share/doc/vallumd/examples/monitoring', join(root, 'packaging/monitoring'));

/** What docs/monitoring.md has somebody type. */
export const monitoringRuns: readonly Run[] = [
  {
    page,
    block: /^cp .*vallum\.rules\.yml/,
    async proves(text) {
      await fleet.sh('mkdir -p /etc/prometheus');
      expect(await fleet.sh(fromClone(text))).toMatch(/SUCCESS: \d+ rules found/);
    },
  },
  {
    page,
    block: /^cp -r .*provisioning/,
    async proves(text) {
      await fleet.sh('mkdir -p /etc/grafana');
      await fleet.sh(fromClone(text));
      const provider = await fleet.sh('cat /etc/grafana/provisioning/dashboards/vallum.yaml');
      const [, folder = ''] = /path: (\S+)/.exec(provider) ?? [];
      expect(await fleet.sh(`cat ${folder}/vallum.json`)).toContain('"title": "Vallum"');
    },
  },
  {
    page,
    block: /^#!\/bin\/sh\nexec curl/,
    async proves(text) {
      fleet.write('/etc/vallum/doctor-hook', text, 0o755);
      fleet.write('/root/fake/curl', '#!/bin/sh\nprintf "%s\\n" "$@" >got; cat >>got\n', 0o755);
      withFile();
      // There is no set.
      const { code } = await fleet.try(
        'PATH=/root/fake:$PATH vallumd doctor --changes-since kept.json --on-change /etc/vallum/doctor-hook',
      );
      expect([code, await fleet.sh('cat got; rm -r got kept.json /root/fake')]).toEqual([
        2,
        expect.stringMatching(
          /^Title: fw1 is critical\nhttps:.*\nfw1: critical, for the first time\ncritical {2}set blacklist \(new\)/m,
        ),
      ]);
    },
  },
  {
    page,
    block: /^vallumd doctor --changes-since/,
    async proves(text) {
      withFile();
      await fleet.sh('vallumd setup --apply');
      await listening(fleet, 'vallumd');
      // All is well: cron has nothing to mail.
      expect(await fleet.sh(text)).toBe('');
      await fleet.sh('iptables -F; nft flush ruleset');
      const { code, said } = await fleet.try(text);
      expect([code, said]).toEqual([2, expect.stringMatching(/^fw1: critical, was ok\n/)]);
      expect(await fleet.try(text)).toMatchObject({ code: 2, said: '' });
    },
  },
  {
    page,
    block: /^vallumd watch --json-lines\n$/,
    async proves(text) {
      await fleet.sh(byHand);
      await listening(fleet, plain);
      const watching = await fleet.start(text);
      await fleet.sh('sleep 1; vallum-pub add 203.0.113.7 --set blacklist -h broker.example');
      const [line] = await watching.waitForOutput(/^.*"event":"banned".*$/m);
      expect(JSON.parse(line)).toMatchObject({ fields: { address: '203.0.113.7' } });
      await watching.kill();
    },
  },
];
