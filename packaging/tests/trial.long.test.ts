import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from '@jest/globals';
import { mustRun, suiteNeeding, temporaryFolder, waitFor, type Namespace } from '@vallum/test-kit';
import { unpackTree } from './debian.js';
import { createLan, type Lan, type Machine } from './machine.js';
import { readPage, typed } from './page.js';
import { deb } from './prepared.js';

const install = readPage('docs/install.md');
const brokerPage = readPage('docs/broker.md');
const doctorPage = readPage('docs/doctor.md');
const fail2ban = readPage('docs/fail2ban.md');
const repair = readPage('docs/repair.md');
const operations = readPage('docs/operations.md');

const addresses = {
  broker: '10.7.0.10',
  fw1: '10.7.0.1',
  fw2: '10.7.0.2',
  web1: '10.7.0.11',
  web2: '10.7.0.12',
  guest: '10.7.0.66',
} as const;
const hosts = [
  `${addresses.broker} broker.example broker`,
  ...(['fw1', 'fw2', 'web1', 'web2'] as const).map(
    (name) => `${addresses[name]} ${name}.example ${name}`,
  ),
  '',
].join('\n');

const daemon = fileURLToPath(new URL('../../packages/daemon/bin/vallumd.js', import.meta.url));

suiteNeeding(
  ['dpkg', 'debootstrap', 'namespace', 'ipset', 'nft', 'iptables', 'iproute', 'openssl'],
  'five machines, set up with what the pages say',
  () => {
    let lan: Lan;
    let broker: Machine;
    let fw1: Machine;
    let fw2: Machine;
    let web1: Machine;
    let web2: Machine;
    let guest: Namespace;
    /** The administrator's own folder, in which vallum-fleet comes to be. */
    const desk = temporaryFolder();
    let nextSteps = '';

    const reaches = async (target: string) =>
      (await guest.run('ping', ['-n', '-c', '1', '-W', '1', target])).code === 0;
    const isShutOut = (out: boolean) =>
      waitFor(
        async () =>
          (await Promise.all([reaches(addresses.fw1), reaches(addresses.fw2)])).every(
            (one) => one !== out,
          ),
        {
          ...{ timeoutMs: 60_000, intervalMs: 500 },
          what: `the guest ${out ? 'shut out by' : 'let in at'} both firewalls`,
        },
      );
    /** Lines that sshd writes when somebody guesses passwords. */
    const guesses = (machine: Machine) =>
      machine.sh(`for port in 1 2 3 4 5 6; do
        echo "$(date '+%b %e %T') ${machine.name} sshd[99]: Failed password for root from ${addresses.guest} port 4000$port ssh2"
      done >>/var/log/auth.log`);
    const allIsWell = async (machine: Machine, command: string) => {
      // A status or a beacon may be on its way still.
      let said = '';
      try {
        await waitFor(
          async () => {
            const { code, stdout, stderr } = await machine.run(command);
            said = `${String(code)}\n${stdout}${stderr}`;
            return code === 0;
          },
          { timeoutMs: 60_000, intervalMs: 2_000 },
        );
      } catch {
        throw new Error(`${command} on ${machine.name}: ${said}`);
      }
    };
    const everyDoctorIsContent = async () => {
      for (const machine of [fw1, fw2]) {
        await allIsWell(machine, brokerPage.block('sh', /^vallumd doctor$/m).split('\n')[0] ?? '');
      }
      for (const machine of [web1, web2]) {
        await allIsWell(machine, typed(doctorPage.block('console', /vallum-pub doctor/)));
      }
    };
    /** Of the commands that broker-files printed: those for one machine, without what restarts it. */
    const brought = (machine: string) =>
      nextSteps
        .split('\n')
        .filter((line) => new RegExp(`^ {2}(ssh|scp) .*root@${machine}[: ]`).test(line));

    let broken = false;
    /** What is built on what has failed would fail too, after minutes of waiting. */
    const step = (does: string, body: () => Promise<void>, timeoutMs: number) => {
      it(
        does,
        async () => {
          if (broken) throw new Error('not tried, since a step before it failed');
          broken = true;
          await body();
          broken = false;
        },
        timeoutMs,
      );
    };

    beforeAll(async () => {
      const below = await unpackTree('bookworm-server');
      // The copies in /root/dist-deb are what npm run package makes in a clone.
      mkdirSync(join(below, 'root/dist-deb'), { recursive: true });
      for (const name of ['vallumd', 'vallum-pub'] as const) {
        await mustRun('cp', [deb(name, 'amd64'), join(below, 'root/dist-deb')]);
      }
      chmodSync(join(below, 'root'), 0o755);
      lan = await createLan(below, hosts);
      guest = await lan.attach('guest', addresses.guest);
      [broker, fw1, fw2, web1, web2] = (await Promise.all(
        (['broker', 'fw1', 'fw2', 'web1', 'web2'] as const).map((name) =>
          lan.startMachine(name, addresses[name]),
        ),
      )) as [Machine, Machine, Machine, Machine, Machine];
      // As administrators differ.
      await fw1.sh('apt-get purge -y nftables');
      await fw2.sh('apt-get purge -y ipset iptables');
    }, 400_000);

    step(
      'take the packages',
      async () => {
        const apt = install.block('sh', /apt install/).replaceAll('sudo ', '');
        const [vallumd = '', vallumPub = ''] = apt.trim().split('\n');
        for (const machine of [fw1, fw2, broker]) await machine.sh(vallumd);
        for (const machine of [web1, web2]) await machine.sh(vallumPub);
        expect((await fw1.sh('systemctl is-enabled vallumd')).trim()).toBe('enabled');
        expect((await fw1.run('systemctl is-active vallumd')).stdout.trim()).toBe('inactive');
      },
      300_000,
    );

    step(
      'get a broker, and each its account',
      async () => {
        const asVallumd = (command: string) =>
          lan.asAdministrator(
            command.replace(/^vallumd /, `'${process.execPath}' '${daemon}' `),
            desk,
          );
        nextSteps = await asVallumd(brokerPage.block('sh', /broker-files.*fw1,fw2/));
        // Another machine, a year later; and a second server that bans.
        nextSteps += await asVallumd(
          brokerPage
            .block('sh', /broker-files.*--nodes fw3/)
            .replace('--nodes fw3', '--nodes keeper --publishers web2'),
        );
        for (const machine of ['broker.example', 'fw1', 'fw2', 'web1', 'web2']) {
          const lines = brought(machine).filter((line) => !/restart vallumd|doctor/.test(line));
          expect([machine, lines.length]).not.toEqual([machine, 0]);
          await lan.asAdministrator(lines.join('\n'), desk);
        }
        await broker.until('ss -ltn 2>/dev/null | grep -q :8883 || grep -q :22B3 /proc/net/tcp*');
        expect(await broker.sh('stat -c %G:%a /etc/mosquitto/vallum/passwords')).toBe(
          'mosquitto:640\n',
        );
        for (const machine of [fw1, web1]) {
          expect(await machine.sh('stat -c %U:%a /etc/vallum/mqtt-password')).toBe('root:600\n');
        }
      },
      120_000,
    );

    step(
      'get sets and rules that fit each, now and after a reboot, and start',
      async () => {
        for (const machine of [fw1, fw2]) {
          await machine.sh(install.inline(/setup --apply && systemctl enable/));
          await machine.sh(install.inline(/--check-config && systemctl start vallumd/));
          await machine.until('journalctl -u vallumd | grep -q "listening to blacklist"');
        }
        expect(fw1.read('/etc/vallum/vallumd.yaml')).toContain('backend: ipset');
        expect(fw2.read('/etc/vallum/vallumd.yaml')).toContain('backend: nftables');
        for (const machine of ['fw1', 'fw2', 'web1']) {
          const last = brought(machine).filter((line) => /restart vallumd|doctor/.test(line));
          expect([machine, last.length]).toEqual([machine, 1]);
          // vallumd may be connected a moment after its start only.
          await waitFor(
            () =>
              lan.asAdministrator(last.join('\n'), desk).then(
                () => true,
                () => false,
              ),
            { timeoutMs: 60_000, intervalMs: 3_000, what: last.join() },
          );
        }
      },
      200_000,
    );

    step(
      'tell an administrator what the page says that they tell',
      async () => {
        expect(await fw1.sh(install.inline(/^systemd-analyze security vallumd$/))).toMatch(
          /Overall exposure level for vallumd\.service: 1\.\d OK/,
        );
        expect(await fw1.sh(install.inline(/^systemctl status vallumd$/))).toMatch(
          /Status: "connected; blacklist 0 bans/,
        );
        expect(await fw1.sh(install.inline(/^command -v vallumd$/))).toBe('/usr/sbin/vallumd\n');
        const good = fw1.read('/etc/vallum/vallumd.yaml');
        const logged = install.inline(/^journalctl -u vallumd$/);
        const reload = install.inline(/^systemctl reload vallumd$/);
        fw1.write('/etc/vallum/vallumd.yaml', good.replace('topics:', 'topcs:'));
        await fw1.run(reload);
        await fw1.until(`${logged} | grep "was not reloaded" | grep -q topcs`);
        fw1.write('/etc/vallum/vallumd.yaml', good);
        await fw1.sh(reload);
        await fw1.until(`${logged} | grep -q "configuration reloaded"`);
      },
      90_000,
    );

    step(
      'get a keeper beside the broker',
      async () => {
        const unit = repair.block('ini', /Description=Vallum keeper/);
        const yaml = repair.block('yaml', /node: keeper/);
        broker.write('/etc/systemd/system/vallumd-keeper.service', unit);
        broker.write('/etc/vallum/keeper.yaml', yaml);
        const files = join(desk, 'vallum-fleet/machines/keeper');
        broker.write(
          '/etc/vallum/keeper-password',
          readFileSync(join(files, 'mqtt-password'), 'utf8'),
          0o600,
        );
        broker.write('/etc/vallum/ca.pem', readFileSync(join(files, 'ca.pem'), 'utf8'));
        await broker.sh('systemctl daemon-reload && systemctl enable --now vallumd-keeper');
        await broker.until('journalctl -u vallumd-keeper | grep -q "listening to blacklist"');
      },
      90_000,
    );

    step(
      'get fail2ban to share what it finds',
      async () => {
        for (const machine of [web1, web2]) {
          machine.write('/var/log/auth.log', '', 0o640);
          machine.write('/etc/fail2ban/jail.local', fail2ban.block('ini', /^enabled = true$/m));
          await machine.run('systemctl start fail2ban');
          await machine.until('fail2ban-client ping');
          await machine.sh(fail2ban.inline(/^fail2ban-client reload$/));
          await machine.until('fail2ban-client status sshd');
        }
        const [ban = '', unban = ''] = fail2ban
          .block('sh', /set sshd banip 203\.0\.113\.7\n/)
          .trim()
          .split('\n');
        await web1.sh(ban);
        await fw1.until('ipset test blacklist 203.0.113.7');
        await fw2.until('nft get element inet vallum blacklist "{ 203.0.113.7 }"');
        await web1.sh(unban);
        await fw1.until('! ipset test blacklist 203.0.113.7');
        await fw2.until('! nft get element inet vallum blacklist "{ 203.0.113.7 }"');
      },
      200_000,
    );

    step('find that all is well, each for itself', everyDoctorIsContent, 300_000);

    step(
      'shut a guest out who guesses passwords at one of them, and nobody else',
      async () => {
        await isShutOut(false);
        await guesses(web1);
        await isShutOut(true);
        expect(await fw1.sh('vallumd journal')).toMatch(
          new RegExp(`ban blacklist ${addresses.guest} .*web1\\.example\\.sshd`),
        );
        // Firewalls shut him out, not the broker, where none is.
        expect(await reaches(addresses.broker)).toBe(true);
        expect((await broker.run(`ping -n -c 1 -W 1 ${addresses.fw1}`)).code).toBe(0);
      },
      120_000,
    );

    step(
      'keep him out until the last of two servers has let him in',
      async () => {
        await guesses(web2);
        await fw2.until(`vallumd journal | grep -q "${addresses.guest}.*web2.example.sshd"`);
        await web1.sh(`fail2ban-client set sshd unbanip ${addresses.guest}`);
        await fw2.until(
          `vallumd why ${addresses.guest} | grep -q web2.example.sshd && ! vallumd why ${addresses.guest} | grep -qE '^ +web1.example.sshd +ban '`,
        );
        expect(await reaches(addresses.fw1)).toBe(false);
        await web2.sh(`fail2ban-client set sshd unbanip ${addresses.guest}`);
        await isShutOut(false);
      },
      120_000,
    );

    step(
      'never shut out their broker',
      async () => {
        await web1.sh(`fail2ban-client set sshd banip ${addresses.broker}`);
        for (const machine of [fw1, fw2]) {
          await machine.until(
            `journalctl -u vallumd | grep "refused to ban ${addresses.broker}" | grep -q protected`,
          );
          expect((await machine.run(`ping -n -c 1 -W 2 ${addresses.broker}`)).code).toBe(0);
        }
        await web1.sh(`fail2ban-client set sshd unbanip ${addresses.broker}`);
      },
      90_000,
    );

    step(
      'hold what they hold while the broker is away, say so, and go on when it is back',
      async () => {
        await guesses(web1);
        await isShutOut(true);
        await broker.sh('systemctl stop mosquitto');
        await fw1.until(
          'journalctl -u vallumd -n 20 | grep -qE "not connected to the broker.*next attempt in"',
        );
        const { code, stdout } = await fw1.run('vallumd doctor');
        expect([code, stdout]).toEqual([2, expect.stringMatching(/critical\s+broker/)]);
        expect((await web1.run('vallum-pub doctor --set blacklist')).code).toBe(2);
        // What cannot be shared now is kept, and shared by the package's own unit once it can be.
        await web1.run('fail2ban-client set sshd banip 203.0.113.8');
        await web1.until('ls /var/spool/vallum-pub | grep -q .', 60);
        await isShutOut(true);
        await broker.sh('systemctl start mosquitto');
        await web1.sh('vallum-pub add 203.0.113.9 --set blacklist --timeout 1h');
        await fw1.until('ipset test blacklist 203.0.113.9', 90);
        await fw2.until('nft get element inet vallum blacklist "{ 203.0.113.9 }"', 90);
        await fw1.until('ipset test blacklist 203.0.113.8', 90);
        await web1.until('! ls /var/spool/vallum-pub | grep -q .', 90);
        await everyDoctorIsContent();
      },
      400_000,
    );

    step(
      'tell a wrong password from a broker that is away, and take the right one without a restart',
      async () => {
        const password = fw1.read('/etc/vallum/mqtt-password');
        fw1.write('/etc/vallum/mqtt-password', 'wrong\n', 0o600);
        await fw1.sh('systemctl restart vallumd');
        await fw1.until(
          'systemctl status vallumd | grep -qiE "refused|not authori[sz]ed|password"',
        );
        const { code, stdout } = await fw1.run('vallumd doctor');
        expect([code, stdout]).toEqual([2, expect.stringMatching(/critical\s+credentials/)]);
        expect(stdout).not.toContain('wrong\n');
        expect(await reaches(addresses.fw1)).toBe(false);
        fw1.write('/etc/vallum/mqtt-password', password, 0o600);
        await fw1.sh('systemctl restart vallumd');
        await allIsWell(fw1, 'vallumd doctor');
      },
      200_000,
    );

    step(
      'bring sets, rules and bans back when the power was away, and what was banned meanwhile',
      async () => {
        for (const machine of [fw2, fw1]) {
          const other = machine === fw1 ? '203.0.113.20' : '203.0.113.21';
          const restarted = machine.restart();
          await web2.sh(`vallum-pub add ${other} --set blacklist --timeout 1h`);
          await restarted;
          await machine.until('systemctl is-active vallum-setup vallumd', 60);
          await isShutOut(true);
          await machine.until(
            machine === fw1
              ? `ipset test blacklist ${other}`
              : `nft get element inet vallum blacklist "{ ${other} }"`,
            60,
          );
        }
        await everyDoctorIsContent();
      },
      400_000,
    );

    step(
      'go on after a crash of vallumd and of its sets',
      async () => {
        await fw1.sh('systemctl kill -s KILL vallumd');
        await fw1.until('systemctl is-active vallumd && ipset test blacklist 203.0.113.20');
        await fw1.sh('iptables -F VALLUM; ipset flush blacklist');
        expect((await fw1.run('vallumd doctor')).code).toBe(2);
        await fw1.sh(doctorPage.inline(/^systemctl restart vallum-setup$/));
        await fw1.until('ipset test blacklist 203.0.113.20', 60);
        await isShutOut(true);
        await allIsWell(fw1, 'vallumd doctor');
      },
      200_000,
    );

    step(
      'show the whole fleet to who watches',
      async () => {
        const fleet = await fw1.sh(operations.inline(/^vallumd fleet$/));
        for (const node of ['fw1', 'fw2', 'keeper'])
          expect(fleet).toMatch(new RegExp(`^${node} `, 'm'));
        const digest = async (machine: Machine) =>
          /"digest": *"(\w+)"/.exec(await machine.sh('vallumd status --json'))?.[1];
        await waitFor(
          async () => {
            const own = await digest(fw1);
            return own !== undefined && own === (await digest(fw2));
          },
          { timeoutMs: 60_000, intervalMs: 1_000, what: 'equal digests' },
        );
      },
      100_000,
    );

    step(
      'are rid of it again, with a word about what stays blocked',
      async () => {
        await fw2.sh('systemctl stop vallumd');
        await fw2.sh(install.inline(/^vallumd setup --remove --apply$/));
        expect(await fw2.sh('nft list ruleset')).not.toContain('vallum');
        await fw2.sh('apt-get purge -y vallumd');
        expect((await fw2.run('test -e /etc/vallum/vallumd.yaml')).code).toBe(1);
        const said = await fw1.sh('apt-get purge -y vallumd');
        const lift = /^ {2}(ipset flush blacklist)$/m.exec(said)?.[1];
        expect([lift, said]).toEqual(['ipset flush blacklist', said]);
        await fw1.sh(String(lift));
        await isShutOut(false);
      },
      200_000,
    );
  },
);
