import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { suiteNeeding, waitFor } from '@vallum/test-kit';
import { loadLibC, readNetwork, watchNetwork } from '../../src/netlink/index.js';
import { findHostAddresses } from '../../src/policy/host-addresses.js';
import { PolicyKeeper } from '../../src/policy/policy-keeper.js';
import { parseAddress } from '../../src/address/parse.js';
import { systemClock } from '../../src/system/clock.js';

const ip = (line: string): void => {
  execFileSync('ip', line.split(' '));
};

/** A link that is up, and the far end of another that is down, which libuv does not list. */
function makeLinks(): void {
  ip('link add vrt0 type veth peer name vrt1');
  ip('link add vrt2 type veth peer name vrt3');
  ip('link set vrt0 up');
  ip('link set vrt1 up');
  ip('address add 198.51.100.1/24 brd + dev vrt0');
  ip('address add 10.9.0.1 peer 10.9.0.2 dev vrt0');
  ip('-6 address add 2001:db8:1::1/64 dev vrt0 nodad');
  ip('address add 203.0.113.9/25 dev vrt2');
}

function makeRoutes(): void {
  ip('nexthop add id 7106 via 198.51.100.8 dev vrt0');
  ip('nexthop add id 7107 via 198.51.100.9 dev vrt0');
  ip('nexthop add id 7108 group 7106/7107');
  ip('nexthop add id 7109 via fe80::99 dev vrt0');
  ip('route add default metric 9000 nexthop via 198.51.100.2 nexthop via 198.51.100.3');
  ip('route add default via 198.51.100.4 table 1000');
  ip('route add 192.0.2.0/25 via inet6 fe80::77 dev vrt0');
  ip('route add 192.0.2.128/25 nhid 7108');
  ip('route add unreachable 10.55.0.0/16');
  ip('-6 route add 2001:db8:7::/48 nexthop via 2001:db8:1::2 nexthop via 2001:db8:1::3');
  ip('-6 route add 2001:db8:8::/48 nhid 7109');
}

const descriptors = (): number => readdirSync('/proc/self/fd').length;

suiteNeeding(['namespace', 'iproute'], 'the network as rtnetlink tells it', () => {
  beforeEach(makeLinks);
  afterEach(() => {
    for (const link of ['vrt0', 'vrt2']) ip(`link delete ${link}`);
    ip('route flush type unreachable 10.55.0.0/16');
  });

  it('is all that this host needs: every next hop, every table, links that are down', async () => {
    makeRoutes();
    const before = descriptors();
    const found = (await findHostAddresses()).map(
      ({ address, because }) => `${address.text} ${because}`,
    );
    expect(descriptors()).toBe(before);
    expect(found).toEqual(
      expect.arrayContaining([
        '127.0.0.1 address of lo',
        '198.51.100.1 address of vrt0',
        '198.51.100.255 broadcast of vrt0',
        '10.9.0.1 address of vrt0',
        '10.9.0.2 other end of vrt0',
        '2001:db8:1::1 address of vrt0',
        '203.0.113.9 address of vrt2',
        '203.0.113.127 broadcast of vrt2',
        '198.51.100.2 gateway on vrt0',
        '198.51.100.3 gateway on vrt0',
        '198.51.100.4 gateway on vrt0',
        'fe80::77 gateway on vrt0',
        '198.51.100.8 gateway on vrt0',
        '198.51.100.9 gateway on vrt0',
        'fe80::99 gateway on vrt0',
        '2001:db8:1::2 gateway on vrt0',
        '2001:db8:1::3 gateway on vrt0',
      ]),
    );
  });

  it('has the gateways of nexthop objects that the kernel does not spell out in routes', async () => {
    const mode = '/proc/sys/net/ipv4/nexthop_compat_mode';
    const write = (value: string) => execFileSync('sh', ['-c', `echo ${value} >${mode}`]);
    makeRoutes();
    write('0');
    try {
      const { facts } = await readNetwork(await loadLibC());
      const gateways = facts
        .filter(({ kind, bytes }) => kind === 'gateway' && bytes.length === 4)
        .map(({ bytes }) => bytes.join('.'));
      expect(gateways).toEqual(expect.arrayContaining(['198.51.100.8', '198.51.100.9']));
    } finally {
      write('1');
    }
  });

  it('calls back when an address, a route or a nexthop object comes or goes', async () => {
    let changes = 0;
    const before = descriptors();
    const stop = watchNetwork(
      await loadLibC(),
      () => changes++,
      (error) => {
        throw error;
      },
      { clock: systemClock },
    );
    try {
      for (const line of [
        'address add 203.0.113.77/32 dev vrt0',
        'address delete 203.0.113.77/32 dev vrt0',
        'route add 192.0.2.0/24 via 198.51.100.7 table 77',
        '-6 route add 2001:db8:9::/48 via 2001:db8:1::9',
        '-6 address add 2001:db8:1::77/64 dev vrt0 nodad',
        'nexthop add id 7110 via 198.51.100.6 dev vrt0',
        'link set vrt1 down',
      ]) {
        const seen = changes;
        ip(line);
        await waitFor(() => changes > seen, { what: `a change after ip ${line}` });
        // Whatever else this line caused belongs to its own burst.
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
    } finally {
      stop();
    }
    await waitFor(() => descriptors() === before, { what: 'closed descriptors' });
    const seen = changes;
    ip('link set vrt1 up');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(changes).toBe(seen);
  });

  it('protects a gateway within a moment of its coming', async () => {
    const address = parseAddress('198.51.100.66');
    if (!address.ok) throw new Error(address.detail);
    const warnings: string[] = [];
    const keeper = new PolicyKeeper(
      {},
      systemClock,
      () => undefined,
      (sentence) => warnings.push(sentence),
    );
    await keeper.start();
    try {
      const conflict = () => keeper.policy.protectList.conflict(address.value)?.because;
      expect(conflict()).toBeUndefined();
      ip('route add 192.0.2.0/24 via 198.51.100.66 table 66');
      await waitFor(() => conflict() === 'gateway on vrt0', { what: 'protection' });
    } finally {
      keeper.close();
    }
    expect(warnings).toEqual([]);
  });
});
