import { chmodSync, readFileSync, statSync, writeFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from '@jest/globals';
import {
  mustRun,
  runProcess,
  startProcess,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type RunningProcess,
} from '@vallum/test-kit';
import { parse } from 'yaml';
import { unpackDebian, type Debian } from './debian.js';

const folder = fileURLToPath(new URL('../container', import.meta.url));

interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly secrets: readonly string[];
  readonly cap_add?: readonly string[];
  readonly cap_drop: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly network_mode: string;
  readonly read_only: boolean;
}

const compose = parse(readFileSync(join(folder, 'compose.yaml'), 'utf8')) as {
  readonly services: Readonly<Record<'vallumd' | 'vallum-pub', Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
};

/** `ENTRYPOINT ["/usr/sbin/vallumd"]` */
const [, entrypoint = ''] =
  /^ENTRYPOINT (.*)$/m.exec(readFileSync(join(folder, 'Dockerfile'), 'utf8')) ?? [];

/** As an engine: the root is read-only but for the volume, and root has the capabilities that it is given. */
const asEngine = `
capabilities=$1
tmpfs=$2
shift 2
mkdir -p /tmp/root
mount --rbind / /tmp/root
mount -o remount,bind,ro /tmp/root
mount --bind /var/lib/vallum /tmp/root/var/lib/vallum
for folder in $tmpfs; do mount -t tmpfs -o mode=0700 tmpfs /tmp/root/$folder; done
exec chroot /tmp/root setpriv --no-new-privs --inh-caps=-all \\
  --bounding-set="$capabilities" "$@"`;

suiteNeeding(
  ['dpkg', 'debootstrap', 'namespace', 'nft', 'mosquitto', 'mosquitto-clients'],
  'the container of packaging/container, made and run as its files say',
  () => {
    let debian: Debian;
    let vallumd: RunningProcess;
    // A copy, in which the commands of docs/container.md have made passwords.
    const here = join(temporaryFolder(), 'container');

    const inService = (name: keyof typeof compose.services, command: readonly string[]) => {
      const { environment, cap_add: added = [], tmpfs = [] } = compose.services[name];
      const capabilities = ['-all', ...added.map((one) => `+${one.toLowerCase()}`)].join(',');
      return [
        ...['unshare', '--mount', '--propagation', 'unchanged'],
        ...['sh', '-euc', asEngine, 'sh', capabilities],
        ...[tmpfs.map((mount) => mount.replace(/:.*$/, '')).join(' '), 'env'],
        ...Object.entries(environment).map(([key, value]) => `${key}=${value}`),
        ...command,
      ] as [string, ...string[]];
    };
    const vallumdCommand = inService('vallumd', JSON.parse(entrypoint) as string[]);
    const publish = (...args: string[]) =>
      debian.exec(
        ...inService('vallum-pub', [...(compose.services['vallum-pub'].entrypoint ?? []), ...args]),
      );
    const ruleset = () => mustRun('nft', ['list', 'table', 'inet', 'vallum']);

    beforeAll(async () => {
      debian = await unpackDebian({ name: 'image' });
      cpSync(folder, here, { recursive: true });
      const page = readFileSync(new URL('../../docs/container.md', import.meta.url), 'utf8');
      const [, steps = ''] = /```sh\n(install -d -m 700 secrets\n[^]*?)```/.exec(page) ?? [];
      // What the image of Mosquitto would do, this machine's own does; its user is another one.
      const commands = steps
        .replace(
          /docker run [^]*?mosquitto_passwd -U \S+/,
          'mosquitto_passwd -U mosquitto/passwords',
        )
        .replace(/^docker compose up -d$/m, '')
        .replace(/^chown 1883:1883 /m, 'chown root:root ');
      expect(commands).not.toContain('docker');
      await mustRun('sh', ['-euc', commands], { cwd: here });
      for (const [name, { file }] of Object.entries(compose.secrets)) {
        debian.write(`/run/secrets/${name}`, readFileSync(join(here, file), 'utf8'), 0o600);
      }
      const data = temporaryFolder();
      const configuration = readFileSync(join(here, 'mosquitto/mosquitto.conf'), 'utf8')
        .replaceAll('/mosquitto/config', join(here, 'mosquitto'))
        .replaceAll('/mosquitto/data', data)
        // Where it waits until there is enough of it to write.
        .replace('log_dest stdout', 'log_dest stderr');
      writeFileSync(join(here, 'mosquitto.conf'), `user root\n${configuration}`);
      chmodSync(join(here, 'mosquitto/acl'), 0o600);
      const broker = await startProcess('mosquitto', ['-c', join(here, 'mosquitto.conf')]);
      await broker.waitForOutput(/mosquitto version \S+ running/);
    }, 180_000);

    it('keeps the passwords to root, and no password as it is at the broker', () => {
      const password = readFileSync(join(here, 'secrets/fw1-password'), 'utf8').trim();
      expect(password.length).toBeGreaterThan(20);
      expect(statSync(join(here, 'secrets/fw1-password')).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(here, 'mosquitto/passwords'), 'utf8')).toMatch(/^fw1:\$7\$/m);
    });

    it('gives both services the network of the machine, a root that nobody writes, and no rights', async () => {
      for (const name of ['vallumd', 'vallum-pub'] as const) {
        const {
          network_mode: network,
          read_only: readOnly,
          cap_drop: dropped,
        } = compose.services[name];
        expect([name, network, readOnly, dropped]).toEqual([name, 'host', true, ['ALL']]);
        expect((await debian.run(...inService(name, ['touch', '/etc/written']))).code).toBe(1);
      }
      expect(compose.services.vallumd.cap_add).toEqual(['NET_ADMIN']);
      expect(compose.services['vallum-pub'].cap_add).toBeUndefined();
    });

    it('has what it needs, and nothing of services and configuration', async () => {
      expect(await debian.exec('node', '--version')).toMatch(/^v20\./);
      for (const path of ['/etc/vallum', '/etc/init.d/vallumd', '/packages', '/staged']) {
        expect([path, (await debian.run('test', '-e', path)).code]).toEqual([path, 1]);
      }
      expect(await debian.exec('stat', '-c', '%U %a', '/var/lib/vallum')).toBe('root 700\n');
    });

    it('makes sets and rules of the machine, with CAP_NET_ADMIN and nothing else', async () => {
      vallumd = await debian.start(...vallumdCommand);
      await vallumd.waitForOutput(/listening to blacklist/);
      expect(vallumd.output()).not.toMatch(/driving the program|forbidden|control socket/);
      const status = await debian.exec(
        ...[
          'sh',
          '-c',
          'cat /proc/$(grep -lx "Name:.vallumd" /proc/[0-9]*/status | cut -d/ -f3)/status',
        ],
      );
      expect(status).toMatch(/^CapEff:\t0000000000001000$/m);
      expect(status).toMatch(/^CapBnd:\t0000000000001000$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      for (const hook of ['input', 'forward']) {
        expect(await ruleset()).toMatch(
          new RegExp(`hook ${hook} [^}]*saddr @blacklist [^\\n]*drop`),
        );
      }
    }, 60_000);

    it('bans what its vallum-pub says, and keeps it when it is started anew', async () => {
      expect(await publish('add', '203.0.113.7', '--timeout', '1h')).toContain('sent 1 ban');
      await waitFor(async () => (await ruleset()).includes('203.0.113.7'), { what: 'the ban' });
      await vallumd.kill();
      expect(await ruleset()).toContain('203.0.113.7');
      vallumd = await debian.start(...vallumdCommand);
      await vallumd.waitForOutput(/listening to blacklist/);
      await publish('del', '203.0.113.7');
      await waitFor(async () => !(await ruleset()).includes('203.0.113.7'), { what: 'the unban' });
      await vallumd.kill();
    }, 60_000);

    it('lets nobody ban without a password', async () => {
      const anonymous = await runProcess('mosquitto_pub', [
        ...['-p', '1883', '-q', '1', '-t', 'blacklist/add', '-m', '203.0.113.8'],
      ]);
      expect(anonymous.code).not.toBe(0);
    });
  },
);
