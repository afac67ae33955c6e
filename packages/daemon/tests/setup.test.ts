import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { connectNamespaces, createNamespace, suiteNeeding } from '@vallum/test-kit';
import { runSetup } from '../src/setup/run-setup.js';
import { createFirewall, type Firewall } from './doctor-world.js';
import { runVallumd, vallumdCommand } from './start-vallumd.js';

const topic = ['-t', 'blacklist'];
let firewall: Firewall;

async function setup(...args: readonly string[]) {
  const out = { code: 0, stdout: '', stderr: '' };
  const io = {
    env: {},
    print: (text: string) => (out.stdout += text),
    errors: { write: (text: string) => (out.stderr += text), journal: false },
  };
  out.code = await runSetup(args, io, firewall.run);
  return out;
}

/** All that setup could have changed, without times and counters. */
async function everything(): Promise<string> {
  const texts = await Promise.all([
    firewall.host.exec('iptables-save'),
    firewall.host.exec('ip6tables-save'),
    firewall.host.exec('nft', ['list', 'ruleset']),
    firewall.host.exec('ipset', ['save']),
  ]);
  return texts.join('\n').replace(/^#.*$/gm, '');
}

suiteNeeding(['namespace', 'iproute', 'ipset', 'iptables', 'nft'], 'vallumd setup', () => {
  beforeAll(async () => {
    firewall = await createFirewall('setup');
  });
  // The administrator's own rules are there before.
  beforeEach(async () => {
    for (const program of ['iptables', 'ip6tables']) {
      await firewall.host.exec(program, [
        '-A',
        'INPUT',
        '-p',
        'tcp',
        '--dport',
        '22',
        '-j',
        'ACCEPT',
      ]);
      await firewall.host.exec(program, [
        '-A',
        'FORWARD',
        '-p',
        'tcp',
        '--dport',
        '22',
        '-j',
        'ACCEPT',
      ]);
    }
    await firewall.host.exec('ipset', ['create', 'friends', 'hash:ip']);
  });
  afterEach(() => firewall.clear());

  it.each([
    ['iptables', []],
    ['iptables', ['--forward']],
    ['nftables', ['--rules', 'nftables', '--forward']],
  ])('makes all with %s %j, once, and takes it away to the last trace', async (_rules, more) => {
    const before = await everything();
    const first = await setup(...topic, '--apply', ...more);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const made = await everything();
    expect(made).not.toBe(before);
    expect(await setup(...topic, '--apply', ...more)).toMatchObject({
      stdout: 'Everything is there.\n',
    });
    expect(await everything()).toBe(made);

    const shown = await setup('--remove', ...more);
    expect(await everything()).toBe(made);
    expect(await setup('--remove', '--apply', ...more)).toEqual(shown);
    expect(await everything()).toBe(before);
    expect((await setup('--remove', '--apply', ...more)).stdout).toBe(
      'Nothing of setup is there.\n',
    );
  });

  it.each([[[]], [['--rules', 'nftables']]])(
    'prints commands that a shell takes twice, with the same result as --apply (%j)',
    async (more) => {
      const before = await everything();
      const { stdout } = await setup(...topic, ...more);
      expect(await everything()).toBe(before);
      await firewall.host.exec('sh', ['-e'], { input: stdout });
      const once = await everything();
      await firewall.host.exec('sh', ['-e'], { input: stdout });
      expect(await everything()).toBe(once);
      expect((await setup(...topic, ...more, '--apply')).stdout).toBe('Everything is there.\n');
    },
  );

  it('leaves the doctor nothing to say about sets and rules', async () => {
    await firewall.host.exec('iptables', ['-I', 'INPUT', '-j', 'ACCEPT']);
    await setup(...topic, '--apply');
    const { trouble } = await firewall.doctor(['-h', '127.0.0.1', '-p', '1', ...topic]);
    expect(trouble).toEqual(['critical broker']);
  });

  it('keeps a set that was there, what is in it, and rules that others put into the chain', async () => {
    await firewall.host.exec('ipset', ['create', 'blacklist', 'hash:ip', 'timeout', '60']);
    await firewall.host.exec('ipset', ['add', 'blacklist', '192.0.2.1', 'timeout', '0']);
    await setup(...topic, '--apply');
    const own = ['VALLUM', '-s', '192.0.2.9/32', '-j', 'RETURN'];
    await firewall.host.exec('iptables', ['-I', ...own]);
    const { stderr } = await setup('--remove', '--apply');
    expect(stderr).toMatch(/chain VALLUM stays, since 1 rules in it are yours/);
    expect(await firewall.host.exec('iptables', ['-S', 'VALLUM'])).toBe(
      `-N VALLUM\n-A ${own.join(' ')}\n`,
    );
    expect(await firewall.host.exec('ipset', ['save', 'blacklist'])).toContain(
      'add blacklist 192.0.2.1',
    );
    expect((await firewall.host.exec('ipset', ['list', '-n'])).split('\n')).not.toContain(
      'blacklist6',
    );
  });

  it('keeps a set that a rule of somebody else has come to use', async () => {
    await setup(...topic, '--apply');
    const rule = ['FORWARD', '-m', 'set', '--match-set', 'blacklist', 'src', '-j', 'DROP'];
    await firewall.host.exec('iptables', ['-A', ...rule]);
    const { code, stderr } = await setup('--remove', '--apply');
    expect(code).toBe(0);
    expect(stderr).toMatch(/set blacklist stays: .*in use/);
  });

  it('keeps rules that others put into the table of nftables', async () => {
    await setup(...topic, '--rules', 'nftables', '--apply');
    await firewall.host.exec('nft', [
      'add',
      'rule',
      'inet',
      'vallum',
      'input',
      'ip',
      'saddr',
      '192.0.2.9',
      'drop',
    ]);
    const { stderr } = await setup('--remove', '--rules', 'nftables', '--apply');
    expect(stderr).toMatch(/table inet vallum stays/);
    const left = await firewall.host.exec('nft', ['list', 'chain', 'inet', 'vallum', 'input']);
    expect(left).toContain('ip saddr 192.0.2.9 drop');
    expect(left).not.toContain('@blacklist');
  });

  it('refuses what cannot be used, and says what it lacks', async () => {
    expect(await setup()).toMatchObject({ code: 64, stderr: expect.stringContaining('-t TOPIC') });
    expect(await setup('-t', '7x', '--rules', 'nftables')).toMatchObject({ code: 64 });
    expect(await setup(...topic, '--create-type', 'bitmap:ip')).toMatchObject({ code: 64 });
    const [program, ...args] = vallumdCommand(['setup', ...topic, '--apply']);
    const denied = await firewall.host.run('setpriv', [
      '--bounding-set',
      '-all',
      '--inh-caps',
      '-all',
      program!,
      ...args,
    ]);
    expect(denied).toMatchObject({ code: 77, stderr: expect.stringContaining('run it as root') });
  });

  it('is listed by --help, and has a help of its own', async () => {
    expect((await runVallumd(['--help'])).stdout).toMatch(
      /or: vallumd doctor .*\nor: vallumd setup /,
    );
    expect((await runVallumd(['setup', '--help'])).stdout).toContain('--forward');
  });
});

suiteNeeding(['namespace', 'iproute', 'ipset', 'iptables', 'nft'], 'rules that setup made', () => {
  beforeAll(async () => {
    firewall = await createFirewall('gate');
  });

  it.each([['iptables'], ['nftables']])(
    'drop packets from a banned address (%s)',
    async (rules) => {
      const attacker = await createNamespace(`foe${rules.slice(0, 2)}`);
      await connectNamespaces(firewall.host, attacker, {
        left: ['10.77.0.1/24', 'fd00:77::1/64'],
        right: ['10.77.0.2/24', 'fd00:77::2/64'],
      });
      const ping = async (address: string) =>
        (await attacker.run('ping', ['-c', '1', '-W', '1', address])).code === 0;
      await setup(...topic, '--rules', rules, '--apply');
      expect([await ping('10.77.0.1'), await ping('fd00:77::1')]).toEqual([true, true]);
      const add =
        rules === 'iptables'
          ? (set: string, address: string) => firewall.host.exec('ipset', ['add', set, address])
          : (set: string, address: string) =>
              firewall.host.exec('nft', [
                'add',
                'element',
                'inet',
                'vallum',
                set,
                `{ ${address} }`,
              ]);
      await add('blacklist', '10.77.0.2');
      await add('blacklist6', 'fd00:77::2');
      const answers = await Promise.all([ping('10.77.0.1'), ping('fd00:77::1')]);
      expect(answers).toEqual([false, false]);
      await attacker.remove();
      await setup('--remove', '--rules', rules, '--apply');
    },
  );
});
