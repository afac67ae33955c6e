import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { mustRun, startMosquitto, suiteNeeding, temporaryFolder, waitFor } from '@vallum/test-kit';
import { publish, runVallumd, startVallumd } from './start-vallumd.js';

const backends = [
  {
    backend: 'ipset',
    list: () => mustRun('ipset', ['list', 'blacklist']),
    remove: async () => {
      await mustRun('ipset', ['destroy', 'blacklist']);
      await mustRun('ipset', ['destroy', 'blacklist6']);
    },
  },
  {
    backend: 'nftables',
    list: () => mustRun('nft', ['list', 'table', 'inet', 'vallum']),
    remove: () => mustRun('nft', ['delete', 'table', 'inet', 'vallum']),
  },
];

suiteNeeding(
  ['mosquitto', 'mosquitto-clients', 'ipset', 'nft'],
  'policies of real kernel sets',
  () => {
    it.each(backends)(
      'are read, shown, changed by SIGHUP and kept over a restart: $backend',
      async ({ backend, list, remove }) => {
        const { port, stop } = await startMosquitto();
        const folder = temporaryFolder();
        const config = join(folder, 'vallumd.yaml');
        const write = (...lines: readonly string[]): void => {
          const head = ['host: 127.0.0.1', `port: ${port.toString()}`, 'topics: [blacklist]'];
          const rest = [`backend: ${backend}`, 'create: true', `state-dir: ${folder}`, 'node: fw1'];
          writeFileSync(config, [...head, ...rest, ...lines].join('\n'));
        };
        const start = async () => {
          const vallumd = await startVallumd(['--config', config]);
          await vallumd.waitForOutput(/listening to blacklist\/#/);
          return vallumd;
        };
        const ask = async (...args: readonly string[]) => {
          const asked = await runVallumd([...args, '--config', config]);
          return asked.stdout + asked.stderr;
        };
        const until = (what: string, isSo: (listing: string) => boolean) =>
          waitFor(async () => isSo(await list()), { what, timeoutMs: 15_000 });

        write('sets:', '  blacklist:', '    quorum: 2', '    widen: {ipv4: 24}', '    max-ban: 1h');
        let vallumd = await start();
        await publish(port, 'blacklist/add', '203.0.113.7 origin web1.sshd');
        await vallumd.waitForOutput(
          /did not ban 203\.0\.113\.7 in blacklist: it waits for quorum: 1 of 2 hosts/,
        );
        expect(await list()).not.toContain('203.0.113');
        expect(await ask('why', '203.0.113.7')).toContain('it waits for quorum: 1 of 2 hosts');
        await publish(port, 'blacklist/add', '203.0.113.7 origin web2.sshd');
        await vallumd.waitForOutput(/ banned 203\.0\.113\.7 in blacklist until /);
        expect(await list()).toMatch(/203\.0\.113\.0\/24 timeout (3600|359\d|1h|59m)/);
        const why = await ask('why', '203.0.113.9');
        expect(why).toContain('203.0.113.9 is blocked here');
        expect(why).toContain('whose ban is widened to a network that it lies in');
        expect(why).toMatch(/widened to 203\.0\.113\.0\/24; held by 2 of 2 hosts; shortened/);
        expect(await ask('status')).toMatch(
          /blacklist\s+quorum 2 by host; widen ipv4 to \/24; max-ban 1 h/,
        );

        write(
          'protect: [203.0.113.200]',
          'sets: {blacklist: {quorum: 2, widen: {ipv4: 24}, max-ban: 1h}}',
        );
        vallumd.signal('SIGHUP');
        await until('the address alone', (listing) => !listing.includes('203.0.113.0/24'));
        expect(await list()).toMatch(/203\.0\.113\.7\b/);
        expect(await ask('why', '203.0.113.7')).toContain(
          'not widened, since 203.0.113.0/24 holds 203.0.113.200, which is protected (protect list)',
        );
        expect(await ask('list')).toMatch(/203\.0\.113\.7 .*; not widened, since .* of 2 hosts/);

        write('sets: {blacklist: {observe: true}}');
        vallumd.signal('SIGHUP');
        await vallumd.waitForOutput(/configuration reloaded, in effect now: sets/);
        await until('an empty set', (listing) => !listing.includes('203.0.113'));
        await publish(port, 'blacklist/add', '198.51.100.7');
        await vallumd.waitForOutput(
          /did not ban 198\.51\.100\.7 in blacklist: the set is only observed; it would be banned/,
        );
        expect(await ask('status')).toMatch(/blacklist\s+observe; 2 would be banned/);

        write('sets: {blacklist: {quorm: 2}}');
        vallumd.signal('SIGHUP');
        await vallumd.waitForOutput(/not reloaded, the old one stays.* did you mean quorum\?/);
        expect(await ask('--check-config')).toContain('did you mean quorum?');

        write('sets: {blacklist: {widen: {ipv4: 28}, min-ban: 1h}}');
        vallumd.signal('SIGHUP');
        await until('networks', (listing) => listing.includes('203.0.113.0/28'));
        expect((await vallumd.kill()).code).toBe(0);

        write('sets: {blacklist: {min-ban: 1h}}');
        vallumd = await start();
        await until('addresses', (listing) => /203\.0\.113\.7\b/.test(listing));
        expect(await list()).not.toContain('/28');
        await publish(port, 'blacklist/add', '192.0.2.9 timeout 1 origin web1.sshd');
        await vallumd.waitForOutput(/banned 192\.0\.2\.9 in blacklist/);
        await new Promise((resolve) => setTimeout(resolve, 2_500));
        await publish(port, 'blacklist/del', '192.0.2.9 origin web1.sshd');
        await vallumd.waitForOutput(
          /kept 192\.0\.2\.9 in blacklist, since it is still held by the/,
        );
        expect(await list()).toContain('192.0.2.9');
        await vallumd.kill('SIGKILL');
        vallumd = await start();
        await until('the prolonged ban', (listing) => listing.includes('192.0.2.9'));
        expect(await ask('why', '192.0.2.9')).toContain('prolonged, it lasts until');
        await publish(port, 'blacklist/del', '192.0.2.9');
        await until('its end', (listing) => !listing.includes('192.0.2.9'));
        await vallumd.kill();
        await remove();
        await stop();
      },
      60_000,
    );
  },
);
