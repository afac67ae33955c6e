import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import { createFirewall, type Firewall } from './doctor-world.js';
import { everything as everythingIn, runSetupIn } from './setup-world.js';
import { runVallumd, vallumdCommand } from './start-vallumd.js';

const topic = ['-t', 'blacklist'];
let firewall: Firewall;
const setup = (...args: readonly string[]) => runSetupIn(firewall, ...args);
const everything = () => everythingIn(firewall);
const nft = (...args: readonly string[]) => firewall.host.exec('nft', args);

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
    [[]],
    [['--no-forward', '--allow-established']],
    [['--rules', 'nftables']],
    [['--rules', 'nftables', '--no-forward', '--create-type', 'hash:ip', '--create-timeout', '60']],
    [['--rules', 'nftables', '--nft-family', 'ip', '--nft-table', 'filter2']],
    // A table of the administrator's.
    [['--backend', 'nftables', '--nft-table', 'own', '--allow-established']],
  ])('makes all with %j, once, and takes it away to the last trace', async (more) => {
    await nft('add', 'table', 'inet', 'own');
    await nft('add chain inet own input { type filter hook input priority 0; policy accept; }');
    await nft('add', 'set', 'inet', 'own', 'friends', '{ type ipv4_addr; }');
    const before = await everything();
    const first = await setup(...topic, '--apply', ...more);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const made = await everything();
    expect(made).not.toBe(before);
    expect((await setup(...topic, '--apply', ...more)).stdout).toContain('Everything is there.\n');
    expect(await everything()).toBe(made);

    const shown = await setup('--remove', ...more);
    expect(await everything()).toBe(made);
    expect(await setup('--remove', '--apply', ...more)).toMatchObject({
      stdout: shown.stdout,
      code: 0,
    });
    expect(await everything()).toBe(before);
    expect((await setup('--remove', '--apply', ...more)).stdout).toBe(
      'Nothing of setup is there.\n',
    );
  });

  it.each([
    [[]],
    [['--allow-established']],
    [['--rules', 'nftables']],
    [['--rules', 'nftables', '--allow-established', '--nft-table', 'filter']],
  ])(
    'prints commands that a shell takes twice, with the same result as --apply (%j)',
    async (more) => {
      const docker = ['-N', 'DOCKER-USER'];
      await firewall.host.exec('iptables', docker);
      const before = await everything();
      const { stdout } = await setup(...topic, ...more);
      expect(await everything()).toBe(before);
      await firewall.host.exec('sh', ['-e'], { input: stdout });
      const once = await everything();
      await firewall.host.exec('sh', ['-e'], { input: stdout });
      expect(await everything()).toBe(once);
      const applied = await setup(...topic, ...more, '--apply');
      expect(applied.stdout).toContain('Everything is there.\n');
      await setup('--remove', '--apply', ...more);
      expect(await everything()).toBe(before);
    },
  );

  it('removes what was made with either tool, without being told which', async () => {
    const before = await everything();
    await setup(...topic, '--apply', '--rules', 'nftables');
    await setup(...topic, '--apply', '--rules', 'iptables');
    await setup('--remove', '--apply');
    expect(await everything()).toBe(before);
  });

  it('removes what is in tables of other names, unless one is named', async () => {
    await nft('add table ip6 own');
    await nft('add chain ip6 own vallum-input');
    await nft('add rule ip6 own vallum-input drop comment "of somebody else"');
    const before = await everything();
    const [one, two] = [
      ['--nft-table', 'one'],
      ['--nft-family', 'ip', '--nft-table', 'two'],
    ];
    await setup(...topic, '--rules', 'nftables', '--apply', ...one);
    const withOne = await everything();
    await setup(...topic, '--rules', 'nftables', '--apply', ...two);
    await setup('--remove', '--apply', ...two);
    expect(await everything()).toBe(withOne);
    await setup(...topic, '--rules', 'nftables', '--apply', ...two);
    const { stdout } = await setup('--remove', '--apply');
    expect(stdout).toBe('nft delete table inet one\nnft delete table ip two\n');
    expect(await everything()).toBe(before);
  });

  it('chooses what the machine uses, and says why', async () => {
    expect((await setup(...topic)).stdout).toMatch(
      /^# Rules of iptables, since the rules of this machine are in iptables\.$/m,
    );
    await firewall.clear();
    const { stdout } = await setup(...topic, '--apply');
    expect(stdout).toMatch(/^Rules of nftables, since nft is installed, and there are no rules/);
    expect(stdout).toMatch(/^vallumd has to edit these sets: backend: nftables in/m);
    expect(stdout).toMatch(/^The table is gone after a reboot/m);
    // What is there is gone on with, whatever came in the meantime.
    await firewall.host.exec('iptables', ['-A', 'INPUT', '-j', 'ACCEPT']);
    expect((await setup(...topic, '--apply')).stdout).toContain('Everything is there.');
  });

  it('leaves the doctor nothing to say about sets and rules', async () => {
    await firewall.host.exec('iptables', ['-I', 'INPUT', '-j', 'ACCEPT']);
    await setup(...topic, '--apply');
    const { trouble } = await firewall.doctor(['-h', '127.0.0.1', '-p', '1', ...topic]);
    // Nobody listens at that port, and so nothing else is known.
    expect(trouble.filter((line) => /set|room|rules|firewall/.test(line))).toEqual([]);
  });

  it('keeps a set that was there, what is in it, and rules that others put into the chain', async () => {
    await firewall.host.exec('ipset', ['create', 'blacklist', 'hash:ip', 'timeout', '60']);
    await firewall.host.exec('ipset', ['add', 'blacklist', '192.0.2.1', 'timeout', '0']);
    await setup(...topic, '--apply');
    const own = ['VALLUM', '-s', '192.0.2.9/32', '-j', 'RETURN'];
    await firewall.host.exec('iptables', ['-I', ...own]);
    const { stderr } = await setup('--remove', '--apply');
    expect(stderr).toMatch(/chain VALLUM stays, since 1 of the rules in it are yours/);
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

  it('keeps what others put into the table of nftables, exceptions among it', async () => {
    await setup(...topic, '--rules', 'nftables', '--apply');
    await nft('add rule inet vallum vallum-input ip saddr 192.0.2.9 drop');
    await nft('add rule inet vallum vallum-allow tcp dport 443 accept');
    await nft('add chain inet vallum mine { type filter hook forward priority 5; }');
    await nft('add rule inet vallum mine ip6 saddr @blacklist6 drop');
    const { stderr } = await setup('--remove', '--rules', 'nftables', '--apply');
    expect(stderr).toMatch(/table inet vallum stays, with what is not setup's: .*chain mine/);
    const left = await nft('list', 'table', 'inet', 'vallum');
    expect(left).toContain('ip saddr 192.0.2.9 drop');
    expect(left).toContain('tcp dport 443 accept');
    expect(left).toMatch(/@blacklist6 drop/);
    expect(left).not.toMatch(/vallum-forward|@blacklist\b|comment "vallum/);
  });

  it('mends what was lost or came to stand behind, and leaves exceptions alone', async () => {
    await setup(...topic, '--rules', 'nftables', '--apply', '--allow-established');
    await nft('add rule inet vallum vallum-allow tcp dport 443 accept');
    const made = await everything();
    for (const loss of [
      'flush chain inet vallum vallum-input',
      'delete chain inet vallum vallum-forward',
    ]) {
      await nft(loss);
      await setup(...topic, '--rules', 'nftables', '--apply', '--allow-established');
      expect(await everything()).toBe(made);
    }

    await nft('flush chain inet vallum vallum-forward');
    await nft('add rule inet vallum vallum-forward ip saddr @blacklist drop comment "vallum"');
    await nft('add rule inet vallum vallum-forward jump vallum-allow comment "vallum"');
    await setup(...topic, '--rules', 'nftables', '--apply');
    const { host } = firewall;
    const chain = await host.exec('nft', ['list', 'chain', 'inet', 'vallum', 'vallum-forward']);
    expect(chain).toMatch(/accept;\n\t\tjump vallum-allow [^]*@blacklist drop/);
    // No longer asked for.
    expect(await nft('list', 'table', 'inet', 'vallum')).not.toContain('established');
  });

  it('refuses what cannot be used, and says what it lacks', async () => {
    expect(await setup()).toMatchObject({ code: 64, stderr: expect.stringContaining('-t TOPIC') });
    expect(await setup('-t', '7x', '--rules', 'nftables')).toMatchObject({ code: 64 });
    const odd = ['--rules', 'nftables', '--apply'];
    for (const table of ['x; flush ruleset', "x' y", '1a', '']) {
      expect(await setup(...topic, ...odd, '--nft-table', table)).toMatchObject({ code: 64 });
    }
    const six = await setup('-t', 'b6', ...odd, '--nft-family', 'ip');
    expect(six).toMatchObject({ code: 64, stderr: expect.stringContaining('never sees') });
    const keeper = await setup(...topic, '--keeper', '--apply');
    expect(keeper).toMatchObject({ code: 64, stderr: expect.stringContaining('only remembers') });
    const vain = await setup(...topic, '--backend', 'memory', '--apply');
    expect(vain).toMatchObject({ code: 64, stderr: expect.stringContaining('in vain') });
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
      /^vallumd setup +shows, or makes, the sets/m,
    );
    expect((await runVallumd(['setup', '--help'])).stdout).toContain('--no-forward');
  });
});
