import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { freePort, mustRun, startMosquitto, suiteNeeding, temporaryFolder } from '@vallum/test-kit';
import {
  certificateFor,
  createFirewall,
  publishStatus,
  readDiagnosis,
  rule,
  type Firewall,
} from './doctor-world.js';
import { vallumdCommand } from './start-vallumd.js';

const node = ['-t', 'blacklist', '--node', 'fw1'];
let firewall: Firewall;

function firewallForEach() {
  beforeAll(async () => {
    firewall = await createFirewall('doctor');
  });
  beforeEach(() => firewall.make());
  afterEach(() => firewall.clear());
}

/** Programs beside the firewall, where they find its broker too. */
function startThere(args: readonly string[]) {
  const [program = '', ...rest] = vallumdCommand(args);
  return firewall.host.start(program, rest);
}

function doctorThere(args: readonly string[]) {
  const [program = '', ...rest] = vallumdCommand(['doctor', ...args]);
  return firewall.host.run(program, rest);
}

/** What a remedy says, as if vallumd was installed. */
function paste(remedy: string) {
  const [program = '', ...rest] = remedy.split(' ');
  const command = program === 'vallumd' ? vallumdCommand(rest) : [program, ...rest];
  return firewall.host.exec(command[0]!, command.slice(1));
}

/** Nobody answers: for tests that look at the kernel only. */
const nowhere = ['-h', '127.0.0.1', '-p', '1', ...node];
const at = (port: number, ...more: readonly string[]) => [
  ...['-h', 'localhost', '-p', port.toString(), ...node, ...more],
];

suiteNeeding(
  ['namespace', 'iproute', 'ipset', 'iptables', 'nft'],
  'vallumd doctor at the firewall',
  () => {
    firewallForEach();

    const kernel = async (...more: readonly string[]) => {
      const found = await firewall.doctor([...nowhere, ...more]);
      return { ...found, trouble: found.trouble.filter((line) => line !== 'critical broker') };
    };

    it('finds nothing wrong where rules use the sets', async () => {
      const { trouble, find } = await kernel();
      expect(trouble).toEqual([]);
      expect(find('rules', 'blacklist')?.message).toMatch(
        /^dropped on every way in \(input.*\), by iptables-\w+ filter INPUT/,
      );
      expect(find('room', 'blacklist')?.message).toBe('0 of 65536 entries');
    });

    it('finds a set that is missing', async () => {
      await firewall.host.exec('iptables', ['-F']);
      await firewall.host.exec('ipset', ['destroy', 'blacklist']);
      const { trouble, find, code } = await kernel();
      expect({ trouble, code }).toEqual({ trouble: ['critical set'], code: 2 });
      const { remedy = '' } = find('set', 'blacklist')!;
      await firewall.host.exec('sh', ['-c', remedy]);
      expect((await kernel()).trouble).toEqual(['critical rules']);
    });

    it('finds a set that no rule uses, and the remedy mends it', async () => {
      await firewall.host.exec('iptables', rule('-D', 'blacklist'));
      const { trouble, find } = await kernel();
      expect(trouble).toEqual(['critical rules']);
      await paste(find('rules', 'blacklist')!.remedy!);
      expect((await kernel()).trouble).toEqual([]);
    });

    it('finds a rule behind one that accepts everything, which the remedy mends', async () => {
      await firewall.host.exec('iptables', ['-I', 'INPUT', '-j', 'ACCEPT']);
      const { trouble, find } = await kernel();
      expect(trouble).toEqual(['critical rules']);
      expect(find('rules', 'blacklist')?.message).toMatch(/never reached.*-A INPUT -j ACCEPT/);
      await paste(find('rules', 'blacklist')!.remedy!);
      expect((await kernel()).trouble).toEqual([]);
    });

    it('takes no offence at connections that are let on, nor at loopback', async () => {
      const established = ['-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', '-j', 'ACCEPT'];
      await firewall.host.exec('iptables', ['-I', 'INPUT', ...established]);
      await firewall.host.exec('iptables', ['-I', 'INPUT', '-i', 'lo', '-j', 'ACCEPT']);
      expect((await kernel()).trouble).toEqual([]);
    });

    it('finds the rule in a chain, also in one of iptables-legacy', async () => {
      await firewall.host.exec('iptables', rule('-D', 'blacklist'));
      await firewall.host.exec('iptables-legacy', ['-N', 'OWN']);
      await firewall.host.exec('iptables-legacy', ['-I', 'INPUT', '-j', 'OWN']);
      const [, , ...match] = rule('-A', 'blacklist');
      await firewall.host.exec('iptables-legacy', ['-A', 'OWN', ...match]);
      const { trouble, find } = await kernel();
      expect(trouble).toEqual([]);
      expect(find('rules', 'blacklist')?.message).toContain('iptables-legacy filter OWN');
      await firewall.host.exec('iptables-legacy', ['-D', 'INPUT', '-j', 'OWN']);
      expect((await kernel()).find('rules', 'blacklist')?.message).toMatch(/no chain leads/);
    });

    it('finds a rule that accepts in place of dropping', async () => {
      await firewall.host.exec('iptables', rule('-D', 'blacklist'));
      await firewall.host.exec('iptables', [...rule('-I', 'blacklist').slice(0, -1), 'ACCEPT']);
      expect((await kernel()).find('rules', 'blacklist')).toMatchObject({
        level: 'critical',
        message: expect.stringContaining('does not drop'),
      });
    });

    it('finds a rule for a single port', async () => {
      await firewall.host.exec('iptables', rule('-D', 'blacklist'));
      const [command, chain, ...match] = rule('-I', 'blacklist');
      await firewall.host.exec('iptables', [
        command!,
        chain!,
        '-p',
        'tcp',
        '--dport',
        '22',
        ...match,
      ]);
      expect((await kernel()).trouble).toEqual(['warning rules']);
    });

    it('finds a set that is full, and the remedy makes room', async () => {
      await firewall.host.exec('iptables', ['-F']);
      await firewall.host.exec('ipset', ['destroy', 'blacklist']);
      await firewall.host.exec('ipset', [
        'create',
        'blacklist',
        'hash:ip',
        'timeout',
        '0',
        'maxelem',
        '2',
      ]);
      await firewall.host.exec('iptables', rule('-I', 'blacklist'));
      await firewall.host.exec('ipset', ['add', 'blacklist', '192.0.2.1']);
      await firewall.host.exec('ipset', ['add', 'blacklist', '192.0.2.2']);
      const { trouble, find } = await kernel();
      expect(trouble).toEqual(['critical room']);
      await firewall.host.exec('sh', ['-c', find('room', 'blacklist')!.remedy!]);
      expect((await kernel()).find('room', 'blacklist')?.message).toBe('2 of 8 entries');
    });

    it('finds a set of a type or a family that does not fit', async () => {
      await firewall.host.exec('iptables', ['-F']);
      await firewall.host.exec('ip6tables', ['-F']);
      await firewall.host.exec('ipset', ['destroy']);
      await firewall.host.exec('ipset', ['create', 'blacklist', 'list:set']);
      expect((await kernel()).find('set', 'blacklist')).toMatchObject({ level: 'critical' });
      await firewall.host.exec('ipset', ['destroy', 'blacklist']);
      await firewall.host.exec('ipset', ['create', 'blacklist', 'hash:net']);
      await firewall.host.exec('ipset', ['create', 'blacklist6', 'hash:net']);
      expect((await kernel()).find('set', 'blacklist6')).toMatchObject({ level: 'warning' });
      expect((await kernel()).find('set', 'blacklist')?.message).toContain('without timeouts');
    });

    it('says what is missing without permission', async () => {
      const [program, ...args] = vallumdCommand(['doctor', ...nowhere, '--json']);
      const { stdout, code } = await firewall.host.run('setpriv', [
        ...['--bounding-set', '-all', '--inh-caps', '-all', '--no-new-privs'],
        ...[program!, ...args],
      ]);
      // No broker is there; of the kernel nothing is claimed.
      expect(code).toBe(2);
      const { findings } = JSON.parse(stdout) as { findings: { check: string; level: string }[] };
      const levels = Object.fromEntries(findings.map(({ check, level }) => [check, level]));
      expect(levels).toMatchObject({
        permission: 'unknown',
        kernel: 'unknown',
        firewall: 'unknown',
      });
    });

    it('says that nothing is protected by sets in memory', async () => {
      expect((await kernel('--backend', 'memory')).trouble).toEqual(['warning backend']);
    });

    it('has nothing to say against a keeper, which is to protect nothing', async () => {
      const { trouble, find } = await kernel('--keeper');
      expect(trouble).toEqual([]);
      expect(find('backend', 'keeper')).toMatchObject({ level: 'ok' });
    });

    it('warns whoever is logged in from an address that could be banned', async () => {
      const env = { SSH_CONNECTION: '198.51.100.7 50022 192.0.2.1 22' };
      const bare = await firewall.doctor(nowhere, env);
      expect(bare.find('protect', '198.51.100.7')).toMatchObject({ level: 'warning' });
      const listed = await firewall.doctor([...nowhere, '--protect', '198.51.100.0/24'], env);
      expect(listed.find('protect', '198.51.100.7')).toMatchObject({ level: 'ok' });
    });

    it('names what of this host --no-protect-host leaves open', async () => {
      await mustRun('ip', ['address', 'replace', '192.0.2.77/32', 'dev', 'lo']);
      const open = await firewall.doctor([...nowhere, '--no-protect-host']);
      expect(open.find('protect', '192.0.2.77')).toMatchObject({
        level: 'warning',
        message: "is this host's address of lo, and could be banned",
      });
      await mustRun('ip', ['address', 'del', '192.0.2.77/32', 'dev', 'lo']);
    });
  },
);

suiteNeeding(
  ['namespace', 'ipset', 'iptables', 'nft', 'mosquitto', 'mosquitto-clients', 'openssl'],
  'vallumd doctor at the broker',
  () => {
    firewallForEach();

    it('finds nothing wrong, and leaves a running vallumd and its status alone', async () => {
      const broker = await startMosquitto({ namespace: firewall.host });
      const args = at(broker.port, '--state-dir', temporaryFolder());
      const vallumd = await startThere(args);
      await vallumd.waitForOutput(/listening to blacklist/);
      await vallumd.waitForOutput(/set blacklist6 is ready/);
      vallumd.clearOutput();
      const { stdout, code } = await doctorThere([...args, '-v']);
      expect(stdout).toMatch(/^ok +daemon fw1: vallumd is running \(process \d+\) and connected$/m);
      expect(stdout).toMatch(/^ok +session .*: keeps sessions/m);
      expect({ stdout, code }).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/\n\d+ ok\n$/),
      });
      expect(vallumd.output()).toBe('');
      // No session of the doctor's is left behind.
      expect(broker.log()).not.toMatch(/vallumd-fw1 (already connected|closed)/);
      expect(broker.log()).toMatch(
        /New client connected from \S+ as vallumd-fw1-doctor-\d+ \(p5, c1/,
      );
      await vallumd.kill();
      const { stdout: json } = await doctorThere([...args, '--json']);
      expect(readDiagnosis(json, 0).find('daemon')).toMatchObject({ level: 'critical' });
      await broker.stop();
    });

    it('finds a broker that is not there, or is none', async () => {
      expect((await firewall.doctor(at(await freePort()))).find('broker')?.message).toMatch(
        /refused/,
      );
    });

    it('finds a wrong password, without printing it, and a right one', async () => {
      const broker = await startMosquitto({ users: { me: 'right' } });
      const wrong = await firewall.doctor(at(broker.port, '-u', 'me', '-P', 'mistaken'));
      expect(wrong.find('credentials')).toMatchObject({ level: 'critical' });
      expect(JSON.stringify(wrong.findings)).not.toContain('mistaken');
      await publishStatus(broker.port, 'online', '-u', 'me', '-P', 'right');
      // What runs here is made up, and answers nobody.
      expect((await firewall.doctor(at(broker.port, '-u', 'me', '-P', 'right'))).trouble).toEqual([
        'unknown answers',
      ]);
      await broker.stop();
    });

    it('finds a status that may not be published', async () => {
      const acl = join(temporaryFolder(), 'acl');
      await writeFile(acl, 'topic read #\n');
      const broker = await startMosquitto({ config: `acl_file ${acl}` });
      const found = await firewall.doctor(at(broker.port));
      expect(found.find('publish')).toMatchObject({
        level: 'warning',
        subject: 'vallumd/fw1',
        remedy: 'mosquitto acl_file: topic write vallumd/fw1',
      });
      await broker.stop();
    });

    it('tells MQTT 3.1.1, and proves publishing by what comes back', async () => {
      const broker = await startMosquitto({ maxProtocol: 4 });
      await publishStatus(broker.port, 'online', '-V', '311');
      const found = await firewall.doctor(at(broker.port));
      expect(found.find('protocol')?.message).toMatch(/3\.1\.1/);
      expect(found.find('publish')).toMatchObject({ level: 'ok' });
      await broker.stop();
      const acl = join(temporaryFolder(), 'acl');
      await writeFile(acl, 'topic read #\n');
      const closed = await startMosquitto({ maxProtocol: 4, config: `acl_file ${acl}` });
      expect((await firewall.doctor(at(closed.port))).find('publish')).toMatchObject({
        level: 'unknown',
      });
      await closed.stop();
    });

    it('tells a certificate that is good, one that ends soon and one that has expired', async () => {
      const cases = [
        [300, 'ok', 'ok'],
        [20, 'ok', 'warning'],
        [0, 'critical', 'critical'],
      ] as const;
      for (const [days, trust, certificate] of cases) {
        const tls = await certificateFor(days);
        // Valid until this very second.
        if (days === 0) await new Promise((resolve) => setTimeout(resolve, 1_100));
        const broker = await startMosquitto({ tls });
        const found = await firewall.doctor(at(broker.port, '-c', tls.ca));
        expect(found.find('trust')).toMatchObject({ level: trust });
        expect(found.find('certificate', 'localhost')).toMatchObject({ level: certificate });
        await broker.stop();
      }
    });

    it('tells an authority that is not trusted, and another name, before any password is sent', async () => {
      const tls = await certificateFor(30);
      const broker = await startMosquitto({ tls, users: { me: 'secret' } });
      const credentials = ['-u', 'me', '-P', 'secret'];
      const stranger = await firewall.doctor(at(broker.port, '-T', ...credentials));
      expect(stranger.find('trust')).toMatchObject({ level: 'critical' });
      expect(stranger.find('credentials')).toBeUndefined();
      const [, , ...rest] = at(broker.port, '-c', tls.ca, ...credentials);
      const other = await firewall.doctor(['-h', '127.0.0.1', ...rest]);
      expect(other.find('trust')?.message).toMatch(/for another host/);
      expect(broker.log()).not.toMatch(/New client connected/);
      await broker.stop();
    });

    it('tells TLS where there is none', async () => {
      const broker = await startMosquitto();
      const found = await firewall.doctor(at(broker.port, '-T'));
      expect(found.find('tls')).toMatchObject({ level: 'critical' });
      await broker.stop();
    });

    it('finds secrets that others can read, and the remedy closes them', async () => {
      const broker = await startMosquitto();
      await publishStatus(broker.port, 'online');
      const config = join(temporaryFolder(), 'vallumd.yaml');
      await writeFile(config, 'username: me\npassword: secret\n', { mode: 0o644 });
      await chmod(config, 0o644);
      const args = at(broker.port, '--config', config);
      const found = await firewall.doctor(args);
      expect(found.find('secret')).toMatchObject({ level: 'warning', subject: config });
      expect(found.code).toBe(1);
      await mustRun('sh', ['-c', found.find('secret')!.remedy!]);
      expect((await firewall.doctor(args)).trouble).toEqual(['unknown answers']);
      const file = join(temporaryFolder(), 'password');
      await writeFile(file, 'secret\n', { mode: 0o620 });
      await chmod(file, 0o620);
      const other = await firewall.doctor(at(broker.port, '-u', 'me', '--password-file', file));
      expect(other.find('secret', file)).toMatchObject({
        level: 'warning',
        remedy: `chmod g-w ${file}`,
      });
      await broker.stop();
    });

    it('finds a configuration that cannot be used', async () => {
      expect((await firewall.doctor([...nowhere, '--config', '/nonexistent'])).trouble).toEqual([
        'critical configuration',
      ]);
      expect((await firewall.doctor(['-h', 'x'])).code).toBe(2);
    });

    it('is run by the daemon too: a set without rules is warned of, and told when it is mended', async () => {
      const broker = await startMosquitto({ namespace: firewall.host });
      await firewall.host.exec('iptables', rule('-D', 'blacklist'));
      const vallumd = await startThere(at(broker.port, '--state-dir', temporaryFolder()));
      await vallumd.waitForOutput(
        /warning: rules blacklist: no rule refers to it.* → vallumd setup --rules iptables/,
      );
      await firewall.host.exec('iptables', rule('-I', 'blacklist'));
      // By itself it looks every few seconds; a reload is quicker.
      vallumd.signal('SIGHUP');
      await vallumd.waitForOutput(/rules blacklist: in order again/, { timeoutMs: 20_000 });
      expect(vallumd.output()).not.toMatch(/rules blacklist6/);
      await vallumd.kill();
      await broker.stop();
    });
  },
);
