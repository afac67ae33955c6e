import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  connectNamespaces,
  createNamespace,
  startMosquitto,
  suiteNeeding,
  waitFor,
  type Namespace,
} from '@vallum/test-kit';
import { createFirewall, type Firewall } from './doctor-world.js';
import { runSetupIn } from './setup-world.js';
import { environment, vallumdCommand } from './start-vallumd.js';

const topic = ['-t', 'blacklist'];
let firewall: Firewall;
let attacker: Namespace;
let guest: Namespace;

const setup = (...args: readonly string[]) => runSetupIn(firewall, ...topic, '--apply', ...args);
const sh = (script: string) => firewall.host.exec('sh', ['-ec', script]);

/** Which of the ways in are open to the attacker. */
async function open(): Promise<string[]> {
  const ways = [
    ['input', '10.78.0.1'],
    ['input6', 'fd00:78::1'],
    // Through the firewall, to what stands for a container.
    ['forward', '10.79.0.2'],
    ['forward6', 'fd00:79::2'],
  ] as const;
  const answers = await Promise.all(
    ways.map(async ([way, address]) => {
      const { code } = await attacker.run('ping', ['-c', '1', '-W', '1', address]);
      return code === 0 ? [way] : [];
    }),
  );
  return answers.flat();
}

const ALL = ['input', 'input6', 'forward', 'forward6'];

async function ban(tool: string): Promise<void> {
  for (const [set, address] of [
    ['blacklist', '10.78.0.2'],
    ['blacklist6', 'fd00:78::2'],
  ] as const) {
    if (tool === 'iptables') await firewall.host.exec('ipset', ['-exist', 'add', set, address]);
    else await sh(`nft 'add element inet vallum ${set} { ${address} }'`);
  }
}

/**
 * What dockerd does at its start: chains of its own, and at the top of FORWARD first what accepts and
 * then DOCKER-USER, which it keeps if it is there (moby, libnetwork/iptables).
 */
const startDocker = (program: string) => `
${program} -N DOCKER-USER 2>/dev/null || true
${program} -C DOCKER-USER -j RETURN 2>/dev/null || ${program} -A DOCKER-USER -j RETURN
${program} -P FORWARD DROP
for rule in "-i to-pot -j ACCEPT" "-o to-pot -j ACCEPT" "-j DOCKER-USER"; do
  ${program} -D FORWARD $rule 2>/dev/null || true
  ${program} -I FORWARD $rule
done`;
/** What libvirt does when a routed network starts. */
const startLibvirt = (program: string) => `
${program} -N LIBVIRT_FWI; ${program} -A LIBVIRT_FWI -o to-pot -j ACCEPT; ${program} -I FORWARD -j LIBVIRT_FWI`;
/** What `ufw reload` does: its chains are emptied and filled, the built-in ones keep their rules. */
const reloadUfw = (program: string) => `${program}-restore --noflush <<'END'
*filter
:ufw-before-input - [0:0]
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -p ${program === 'iptables' ? 'icmp' : 'ipv6-icmp'} -j ACCEPT
COMMIT
END
${program} -C INPUT -j ufw-before-input 2>/dev/null || ${program} -A INPUT -j ufw-before-input`;
const both = (script: (program: string) => string) =>
  script('iptables') + '\n' + script('ip6tables');

suiteNeeding(['namespace', 'iproute', 'ipset', 'iptables', 'nft'], 'what setup made', () => {
  beforeAll(async () => {
    firewall = await createFirewall('gate');
    attacker = await createNamespace('foe');
    guest = await createNamespace('pot');
    await connectNamespaces(firewall.host, attacker, {
      left: ['10.78.0.1/24', 'fd00:78::1/64'],
      right: ['10.78.0.2/24', 'fd00:78::2/64'],
    });
    await connectNamespaces(firewall.host, guest, {
      left: ['10.79.0.1/24', 'fd00:79::1/64'],
      right: ['10.79.0.2/24', 'fd00:79::2/64'],
    });
    await attacker.exec('sh', [
      '-ec',
      'ip route add default via 10.78.0.1; ip -6 route add default via fd00:78::1',
    ]);
    await guest.exec('sh', [
      '-ec',
      'ip route add default via 10.79.0.1; ip -6 route add default via fd00:79::1',
    ]);
    await sh('sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1');
    // Neighbours are found and routes are known.
    await waitFor(async () => (await open()).length === ALL.length, { what: 'all ways in' });
  });
  afterAll(async () => {
    await Promise.all([attacker.remove(), guest.remove()]);
  });
  beforeEach(async () => {
    await firewall.clear();
    await sh('iptables -P FORWARD ACCEPT; ip6tables -P FORWARD ACCEPT');
  });

  describe.each([['iptables'], ['nftables']])('with %s', (tool) => {
    const rules = ['--rules', tool];

    it("drops on every way in, behind Docker's, libvirt's and ufw's own rules too", async () => {
      await sh(both(startDocker));
      await sh(both(startLibvirt));
      await sh(both(reloadUfw));
      await sh(both((program) => `${program} -I INPUT -j ACCEPT`));
      await setup(...rules);
      expect(await open()).toEqual(ALL);
      await ban(tool);
      expect(await open()).toEqual([]);
      // … and stays so when they start again.
      await sh(both(startDocker));
      await sh(both(reloadUfw));
      expect(await open()).toEqual([]);
      await setup('--remove', ...rules);
      expect(await open()).toEqual(ALL);
    });

    it('leaves what is passed on alone with --no-forward', async () => {
      await setup(...rules, '--no-forward');
      await ban(tool);
      expect(await open()).toEqual(['forward', 'forward6']);
    });

    it('is put back by a second run after everything was lost, or came to stand in front', async () => {
      await setup(...rules);
      await ban(tool);
      if (tool === 'nftables') await sh('nft flush ruleset');
      else {
        await sh(both(startDocker));
        await sh(both((program) => `${program} -I INPUT -j ACCEPT`));
      }
      expect((await open()).length).toBeGreaterThan(0);
      await setup(...rules);
      await ban(tool);
      expect(await open()).toEqual([]);
    });

    it("lets the administrator's exceptions through", async () => {
      await setup(...rules);
      await ban(tool);
      await sh(
        tool === 'iptables'
          ? 'iptables -I VALLUM -s 10.78.0.0/24 -j RETURN'
          : 'nft add rule inet vallum vallum-allow ip saddr 10.78.0.0/24 accept',
      );
      expect(await open()).toEqual(['input', 'forward']);
      await setup(...rules);
      expect(await open()).toEqual(['input', 'forward']);
    });

    it.each([
      ['cuts off connections that are there', [], false],
      ['lets connections go on that are there, where it is told to', ['--allow-established'], true],
    ])('%s', async (_what, more, goesOn) => {
      await setup(...rules, ...more);
      // One ping that goes on is one connection to the kernel.
      const going = ['10.78.0.1', '10.79.0.2'].map((address) =>
        attacker.start('ping', ['-O', '-i', '0.2', address]),
      );
      const pings = await Promise.all(going);
      await Promise.all(pings.map((ping) => ping.waitForOutput(/bytes from .*icmp_seq=2 /)));
      await ban(tool);
      for (const ping of pings) ping.clearOutput();
      const last = goesOn ? /(.*bytes from .*\n){3}/ : /(no answer yet .*\n){3}/;
      await Promise.all(pings.map((ping) => ping.waitForOutput(last)));
      expect((await open()).length).toBe(0);
      await Promise.all(pings.map((ping) => ping.kill()));
    });
  });

  it.each([['nftables'], ['nftables-process']])(
    'is the same table that --create of the backend %s makes',
    async (backend) => {
      const list = () => firewall.host.exec('nft', ['list', 'ruleset']);
      for (const more of [
        [],
        ['--nft-table', 'own', '--nft-family', 'ip'],
        ['--create-type', 'hash:ip', '--create-timeout', '1h', '--create-maxelem', '9999'],
      ]) {
        await firewall.clear();
        const names = more.includes('ip') ? ['-t', 'only4'] : topic;
        await runSetupIn(firewall, ...names, '--apply', '--backend', backend, ...more);
        const made = await list();
        await firewall.clear();
        const broker = await startMosquitto({ namespace: firewall.host });
        const [program, ...args] = vallumdCommand([
          ...['-h', '127.0.0.1', '-p', broker.port.toString(), '--create', '--backend', backend],
          ...[...names, ...more],
        ]);
        const daemon = await firewall.host.start(program!, args, { env: environment });
        // A set and its companion come one after the other.
        await waitFor(
          async () => (await list()).includes(names === topic ? '@blacklist6' : '@only4'),
          {
            what: 'the table',
          },
        );
        expect(await list()).toBe(made);
        await daemon.kill();
        await broker.stop();
      }
    },
  );
});
