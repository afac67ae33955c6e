import { afterAll, afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  connectNamespaces,
  createNamespace,
  mustRun,
  ownNamespace,
  runProcess,
  suiteNeeding,
} from '@vallum/test-kit';
import { runSetup } from '../src/setup/run-setup.js';
import { clearFirewall, doctor } from './doctor-world.js';
import { runVallumd, vallumdCommand } from './start-vallumd.js';

const topic = ['-t', 'blacklist'];

async function setup(...args: readonly string[]) {
  const out = { code: 0, stdout: '', stderr: '' };
  out.code = await runSetup(args, {
    env: {},
    print: (text) => (out.stdout += text),
    errors: { write: (text) => (out.stderr += text), journal: false },
  });
  return out;
}

/** All that setup could have changed, without times and counters. */
async function firewall(): Promise<string> {
  const texts = await Promise.all([
    mustRun('iptables-save'),
    mustRun('ip6tables-save'),
    mustRun('nft', ['list', 'ruleset']),
    mustRun('ipset', ['save']),
  ]);
  return texts.join('\n').replace(/^#.*$/gm, '');
}

suiteNeeding(['namespace', 'iproute', 'ipset', 'iptables', 'nft'], 'vallumd setup', () => {
  // The administrator's own rules are there before.
  beforeEach(async () => {
    for (const program of ['iptables', 'ip6tables']) {
      await mustRun(program, ['-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT']);
      await mustRun(program, ['-A', 'FORWARD', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT']);
    }
    await mustRun('ipset', ['create', 'friends', 'hash:ip']);
  });
  afterEach(clearFirewall);

  it.each([
    ['iptables', []],
    ['iptables', ['--forward']],
    ['nftables', ['--rules', 'nftables', '--forward']],
  ])('makes all with %s %j, once, and takes it away to the last trace', async (_rules, more) => {
    const before = await firewall();
    const first = await setup(...topic, '--apply', ...more);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const made = await firewall();
    expect(made).not.toBe(before);
    expect(await setup(...topic, '--apply', ...more)).toMatchObject({
      stdout: 'Everything is there.\n',
    });
    expect(await firewall()).toBe(made);

    const shown = await setup('--remove', ...more);
    expect(await firewall()).toBe(made);
    expect(await setup('--remove', '--apply', ...more)).toEqual(shown);
    expect(await firewall()).toBe(before);
    expect((await setup('--remove', '--apply', ...more)).stdout).toBe(
      'Nothing of setup is there.\n',
    );
  });

  it.each([[[]], [['--rules', 'nftables']]])(
    'prints commands that a shell takes twice, with the same result as --apply (%j)',
    async (more) => {
      const before = await firewall();
      const { stdout } = await setup(...topic, ...more);
      expect(await firewall()).toBe(before);
      await mustRun('sh', ['-e'], { input: stdout });
      const once = await firewall();
      await mustRun('sh', ['-e'], { input: stdout });
      expect(await firewall()).toBe(once);
      expect((await setup(...topic, ...more, '--apply')).stdout).toBe('Everything is there.\n');
    },
  );

  it('leaves the doctor nothing to say about sets and rules', async () => {
    await mustRun('iptables', ['-I', 'INPUT', '-j', 'ACCEPT']);
    await setup(...topic, '--apply');
    const { trouble } = await doctor(['-h', '127.0.0.1', '-p', '1', ...topic]);
    expect(trouble).toEqual(['critical broker']);
  });

  it('keeps a set that was there, what is in it, and rules that others put into the chain', async () => {
    await mustRun('ipset', ['create', 'blacklist', 'hash:ip', 'timeout', '60']);
    await mustRun('ipset', ['add', 'blacklist', '192.0.2.1', 'timeout', '0']);
    await setup(...topic, '--apply');
    const own = ['VALLUM', '-s', '192.0.2.9/32', '-j', 'RETURN'];
    await mustRun('iptables', ['-I', ...own]);
    const { stderr } = await setup('--remove', '--apply');
    expect(stderr).toMatch(/chain VALLUM stays, since 1 rules in it are yours/);
    expect(await mustRun('iptables', ['-S', 'VALLUM'])).toBe(`-N VALLUM\n-A ${own.join(' ')}\n`);
    expect(await mustRun('ipset', ['save', 'blacklist'])).toContain('add blacklist 192.0.2.1');
    expect((await mustRun('ipset', ['list', '-n'])).split('\n')).not.toContain('blacklist6');
  });

  it('keeps a set that a rule of somebody else has come to use', async () => {
    await setup(...topic, '--apply');
    const rule = ['FORWARD', '-m', 'set', '--match-set', 'blacklist', 'src', '-j', 'DROP'];
    await mustRun('iptables', ['-A', ...rule]);
    const { code, stderr } = await setup('--remove', '--apply');
    expect(code).toBe(0);
    expect(stderr).toMatch(/set blacklist stays: .*in use/);
  });

  it('keeps rules that others put into the table of nftables', async () => {
    await setup(...topic, '--rules', 'nftables', '--apply');
    await mustRun('nft', [
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
    const left = await mustRun('nft', ['list', 'chain', 'inet', 'vallum', 'input']);
    expect(left).toContain('ip saddr 192.0.2.9 drop');
    expect(left).not.toContain('@blacklist');
  });

  it('refuses what cannot be used, and says what it lacks', async () => {
    expect(await setup()).toMatchObject({ code: 64, stderr: expect.stringContaining('-t TOPIC') });
    expect(await setup('-t', '7x', '--rules', 'nftables')).toMatchObject({ code: 64 });
    expect(await setup(...topic, '--create-type', 'bitmap:ip')).toMatchObject({ code: 64 });
    const [program, ...args] = vallumdCommand(['setup', ...topic, '--apply']);
    const denied = await runProcess('setpriv', [
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
  afterAll(clearFirewall);

  it.each([['iptables'], ['nftables']])(
    'drop packets from a banned address (%s)',
    async (rules) => {
      const attacker = await createNamespace(`foe${rules.slice(0, 2)}`);
      await connectNamespaces(ownNamespace, attacker, {
        left: ['10.77.0.1/24', 'fd00:77::1/64'],
        right: ['10.77.0.2/24', 'fd00:77::2/64'],
      });
      const ping = async (address: string) =>
        (await attacker.run('ping', ['-c', '1', '-W', '1', address])).code === 0;
      await setup(...topic, '--rules', rules, '--apply');
      expect([await ping('10.77.0.1'), await ping('fd00:77::1')]).toEqual([true, true]);
      const add =
        rules === 'iptables'
          ? (set: string, address: string) => mustRun('ipset', ['add', set, address])
          : (set: string, address: string) =>
              mustRun('nft', ['add', 'element', 'inet', 'vallum', set, `{ ${address} }`]);
      await add('blacklist', '10.77.0.2');
      await add('blacklist6', 'fd00:77::2');
      const answers = await Promise.all([ping('10.77.0.1'), ping('fd00:77::1')]);
      expect(answers).toEqual([false, false]);
      await attacker.remove();
      await setup('--remove', '--rules', rules, '--apply');
    },
  );
});
