import { chmod, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startMosquitto, suiteNeeding, temporaryFolder } from '@vallum/test-kit';
import { doctorThere, paste } from './doctor-there.js';
import { createFirewall, rule, type Firewall } from './doctor-world.js';

/** What becomes of each check's remedies, so that none is added without a thought. */
const REMEDIES: Readonly<Record<string, string>> = {
  kernel: 'pasted below',
  set: 'pasted below; that of another backend is a line for the configuration, written into it',
  room: 'pasted below',
  rules: 'pasted below',
  secret: 'pasted below',
  missed: 'pasted in doctor-proof.test.ts',
  subscribe: 'a rule for the broker, given to it in doctor-proof.test.ts',
  publish: 'a rule for the broker, given to it in doctor-proof.test.ts',
  repair: 'a rule for the broker, given to it in doctor-proof.test.ts',
  answers:
    'a rule for the broker, given to it in doctor-proof.test.ts, or advice: a vallumd has to run',
  protect: 'a line for the configuration, written into it below',
  firewall: 'looks again with the rights that were missing, or installs a package',
  permission: 'looks again with the rights that were missing',
  daemon: 'starts a service of systemd, or looks again; a rule for the broker',
  backend: 'advice: leave out the option that was given',
  configuration: 'none: the message says what is wrong with which option',
  broker: 'looks: whether the broker is down or a firewall is in the way nobody knows here',
  tls: 'looks, as for the broker',
  trust: 'looks: shows the chain; which CA is to be trusted is the administrator’s to decide',
  certificate: 'advice: certificates are made elsewhere',
  encryption: 'advice: the broker needs a certificate first',
  credentials: 'none: the message says whether user, password or client id are wrong',
  session: 'advice: a setting of the broker',
  protocol: 'none: it is never wrong',
};

describe('the remedies of the doctor', () => {
  it('are known by check, each pasted by a test or with a reason why not', async () => {
    const folders = ['../src/doctor', '../../doctor/src'];
    const found = new Set<string>();
    for (const folder of folders) {
      const path = fileURLToPath(new URL(folder, import.meta.url));
      for (const file of await readdir(path)) {
        if (file.endsWith('.test.ts') || !file.endsWith('.ts')) continue;
        const text = await readFile(join(path, file), 'utf8');
        // finding('ok', 'broker', …), finding(level, 'set', …), ...(['set', …
        for (const [, check = ''] of text.matchAll(/finding\(\s*[^,()]+,\s*'([a-z]+)'/g)) {
          found.add(check);
        }
        if (text.includes("reached === 'nothing' ? 'broker' : 'tls'")) found.add('tls');
      }
    }
    expect([...found].sort()).toEqual(Object.keys(REMEDIES).sort());
  });
});

suiteNeeding(
  ['namespace', 'iproute', 'ipset', 'iptables', 'nft'],
  'what the doctor gives to paste mends what it found',
  () => {
    let firewall: Firewall;
    beforeAll(async () => {
      firewall = await createFirewall('remedies');
    });
    afterEach(() => firewall.clear());

    const nowhere = ['-h', '127.0.0.1', '-p', '1', '-t', 'blacklist', '--node', 'fw1'];
    /** What concerns the kernel: no broker is there, and no vallumd. */
    const look = async (more: readonly string[] = []) => {
      const args = [...nowhere, '--state-dir', temporaryFolder(), ...more];
      const { findings } = await doctorThere(firewall.host, args);
      return findings.filter(
        ({ check, level }) => level !== 'ok' && !['broker', 'daemon'].includes(check),
      );
    };
    /** Pastes one remedy after the other, the worst finding first, as somebody would do it. */
    const mend = async (more: readonly string[] = []) => {
      const mended: string[] = [];
      for (let turns = 0; turns < 8; turns += 1) {
        const [first] = await look(more);
        if (first === undefined) return mended;
        const name = `${first.check} ${first.subject}`;
        // The same again: what was pasted did not help.
        expect([mended, name]).toEqual([mended.filter((one) => one !== name), name]);
        expect(first.remedy).toEqual(expect.any(String));
        await paste(firewall.host, first.remedy!);
        mended.push(name);
      }
      throw new Error(`there is no end to it: ${mended.join(', ')}`);
    };
    const ipset = (...args: readonly string[]) => firewall.host.exec('ipset', args);
    const nft = (...args: readonly string[]) => firewall.host.exec('nft', args);

    describe('with ipset', () => {
      it('where nothing is there', async () => {
        const mended = await mend();
        expect(mended).toEqual(expect.arrayContaining(['set blacklist', 'set blacklist6']));
        expect(mended).toContain('rules blacklist');
      });

      it('where no rule is reached', async () => {
        await firewall.make();
        await firewall.host.exec('iptables', ['-I', 'INPUT', '-j', 'ACCEPT']);
        expect(await mend()).toEqual(['rules blacklist']);
      });

      it('where a set is full, was made with forceadd, or both, and keeps what was in it', async () => {
        await firewall.make();
        await firewall.host.exec('iptables', ['-F']);
        await ipset('destroy', 'blacklist');
        await ipset(
          ...['create', 'blacklist', 'hash:net', 'timeout', '0', 'maxelem', '2', 'forceadd'],
          ...['comment', 'counters'],
        );
        await firewall.host.exec('iptables', rule('-I', 'blacklist'));
        await ipset('add', 'blacklist', '192.0.2.1', 'timeout', '3600', 'comment', 'a maxelem 1 b');
        await ipset('add', 'blacklist', '198.51.100.0/24');
        expect((await mend()).sort()).toEqual(['room blacklist', 'set blacklist']);
        const listed = await ipset('list', 'blacklist');
        expect(listed).toMatch(/^192\.0\.2\.1 timeout 3\d+ .*comment "a maxelem 1 b"$/m);
        expect(listed).toMatch(/^198\.51\.100\.0\/24 timeout 0 /m);
        expect(listed).toMatch(/maxelem 8/);
        expect(listed).not.toMatch(/forceadd/);
      });

      it('where a set has another type or family, and no rule uses it', async () => {
        await ipset('create', 'blacklist', 'list:set');
        await ipset('create', 'blacklist6', 'hash:net');
        const mended = await mend();
        expect(mended).toEqual(expect.arrayContaining(['set blacklist', 'set blacklist6']));
        expect(await ipset('list', '-n')).toMatch(/blacklist-old/);
      });
    });

    describe('with nftables', () => {
      const backend = ['--backend', 'nftables'];

      it('where nothing is there, without a word of ipset', async () => {
        for (const { remedy } of await look(backend)) expect(remedy).not.toMatch(/ipset/);
        expect(await mend(backend)).toContain('set blacklist');
        expect(await look(backend)).toEqual([]);
        expect(await ipset('list', '-n')).toBe('');
      });

      it('where no rule uses the sets', async () => {
        await paste(firewall.host, 'vallumd setup --rules nftables --apply -t blacklist');
        const table = await nft('list', 'table', 'inet', 'vallum');
        for (const [, chain = ''] of table.matchAll(/chain (\S+) \{/g)) {
          await nft('flush', 'chain', 'inet', 'vallum', chain);
        }
        expect(await mend(backend)).toContain('rules blacklist');
      });

      it('where a set is full', async () => {
        await paste(
          firewall.host,
          'vallumd setup --rules nftables --apply --create-maxelem 2 -t blacklist',
        );
        await nft('add', 'element', 'inet', 'vallum', 'blacklist', '{ 192.0.2.1, 192.0.2.2 }');
        expect(await mend(backend)).toEqual(['room blacklist']);
        const room = await doctorThere(firewall.host, [...nowhere, ...backend]);
        expect(room.find('room', 'blacklist')?.message).toMatch(/of 8 entries/);
      });

      it('where the backend is the other one, by a line of the configuration', async () => {
        await paste(firewall.host, 'vallumd setup --rules nftables --apply -t blacklist');
        const config = join(temporaryFolder(), 'vallumd.yaml');
        await writeFile(config, 'node: fw1\n', { mode: 0o600 });
        const found = await look(['--config', config]);
        expect(found.map(({ check, subject }) => `${check} ${subject}`)).toEqual([
          'set blacklist',
          'set blacklist6',
        ]);
        const remedies = new Set(found.map(({ remedy }) => remedy));
        expect([...remedies]).toEqual([`in ${config}: backend: nftables`]);
        await writeFile(config, 'node: fw1\nbackend: nftables\n');
        expect(await look(['--config', config])).toEqual([]);
      });

      it('where one is full and others are larger, and setup was told more', async () => {
        const setup = 'vallumd setup --rules nftables --apply --allow-established --no-forward';
        await paste(firewall.host, `${setup} --create-maxelem 5000 -t blacklist`);
        await paste(firewall.host, `${setup} --create-maxelem 2 -t other`);
        await nft('add', 'element', 'inet', 'vallum', 'other', '{ 192.0.2.1, 192.0.2.2 }');
        const both = [...backend, '-t', 'other'];
        expect(await mend(both)).toEqual(['room other']);
        const table = await nft('list', 'table', 'inet', 'vallum');
        expect(table.match(/size \d+/g)).toEqual(Array(8).fill('size 5000'));
        expect(table).toMatch(/ct state established,related accept/);
        expect(table).not.toMatch(/chain vallum-forward/);
      });
    });

    it('in files, of secrets and of what must not be banned', async () => {
      await firewall.make();
      const config = join(temporaryFolder(), 'vallumd.yaml');
      const before = 'username: me\npassword: secret\n';
      await writeFile(config, before);
      await chmod(config, 0o666);
      await firewall.host.exec('ip', ['address', 'add', '192.0.2.77/32', 'dev', 'lo']);
      await firewall.host.exec('ip', ['address', 'add', '2001:db8::77/128', 'dev', 'lo']);
      const args = ['--config', config, '--no-protect-host'];
      const found = await look(args);
      const checks = new Set(found.map(({ check }) => check));
      expect([...checks].sort()).toEqual(['protect', 'secret']);
      await paste(firewall.host, found.find(({ check }) => check === 'secret')!.remedy!);
      const { remedy } = found.find(({ check }) => check === 'protect')!;
      const [, file = '', line = ''] = /^in (\S+): (.*)$/.exec(remedy!) ?? [];
      expect(file).toBe(config);
      await writeFile(file, `${before}${line}\n`);
      expect(await look(args)).toEqual([]);
      await firewall.host.exec('ip', ['address', 'flush', 'dev', 'lo', 'scope', 'global']);
    });
  },
);

suiteNeeding(
  ['namespace', 'ipset', 'iptables', 'nft', 'mosquitto', 'mosquitto-clients'],
  'what came and does not fit',
  () => {
    it('is told of a set for single addresses, and mended where no rule uses it', async () => {
      const firewall = await createFirewall('unfit');
      const broker = await startMosquitto({ namespace: firewall.host });
      await firewall.host.exec('ipset', ['create', 'blacklist', 'hash:ip', 'timeout', '0']);
      const status = {
        ...{ state: 'online', node: 'fw1' },
        sets: [{ set: 'blacklist', refusals: [{ code: 'prefix-unsupported', count: 3 }] }],
      };
      await firewall.host.exec('mosquitto_pub', [
        ...['-p', broker.port.toString(), '-r', '-q', '1', '-t', 'vallumd/fw1'],
        ...['-m', JSON.stringify(status)],
      ]);
      const args = ['-h', 'localhost', '-p', broker.port.toString(), '-t', 'blacklist'];
      const { findings } = await doctorThere(firewall.host, [...args, '--node', 'fw1']);
      const found = findings.find(
        ({ check, subject, level }) => check === 'set' && subject === 'blacklist' && level !== 'ok',
      );
      expect(found?.message).toMatch(/^is a hash:ip, which takes no prefixes, and 3 came/);
      await paste(firewall.host, found!.remedy!);
      expect(await firewall.host.exec('ipset', ['list', '-t', 'blacklist'])).toMatch(/hash:net/);
      await broker.stop();
      await firewall.host.remove();
    });
  },
);
