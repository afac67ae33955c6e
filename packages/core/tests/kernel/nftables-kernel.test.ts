import { execFile, execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  connectNamespaces,
  createNamespace,
  ownNamespace,
  suiteNeeding,
  testNeeding,
  type Need,
} from '@vallum/test-kit';
import type { Backend, Change } from '../../src/backend/backend.js';
import { createNftablesBackend } from '../../src/backend/nftables-netlink/nftables-backend.js';
import { createNftablesProcessBackend } from '../../src/backend/nftables-process/nftables-process-backend.js';
import type { SetName } from '../../src/words/names.js';
import { add, del, texts, verdicts } from '../../src/testing/contract-case.js';
import { listMembers } from '../../src/backend/list-members.js';

const set = 'blacklist' as SetName;
const set6 = 'blacklist6' as SetName;
const spec = { set, type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 } as const;

const nft = (...args: string[]): string => execFileSync('nft', args, { encoding: 'utf8' });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** True where a rule that looks the set up would find the address: what the ban is about. */
const isHeld = (address: string, name = 'blacklist-net'): boolean => {
  try {
    const args = ['get', 'element', 'inet', 'filter', name, `{ ${address} }`];
    execFileSync('nft', args, { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
};

const kinds: [string, () => Promise<Backend>, Need[]][] = [
  ['over netlink', () => createNftablesBackend(), []],
  ['through nft', () => Promise.resolve(createNftablesProcessBackend()), ['nft-in-bulk']],
];

suiteNeeding(['nft'], 'the nftables backend', () => {
  describe.each(kinds)('%s', (_kind, open, bulk) => {
    let backend: Backend;
    beforeEach(async () => {
      backend = await open();
    });
    afterEach(async () => {
      await backend.close();
      nft('flush', 'ruleset');
    });

    it('makes table, sets, chain and drop rules, once, and touches nothing else', async () => {
      nft('add', 'table', 'inet', 'filter');
      nft('add chain inet filter input { type filter hook input priority 0; policy accept; }');
      nft('add', 'rule', 'inet', 'filter', 'input', 'tcp', 'dport', '22', 'accept');
      const foreign = nft('list', 'chain', 'inet', 'filter', 'input');
      expect(await backend.create(spec)).toBe('created');
      expect(await backend.create({ ...spec, set: set6, family: 'ipv6' })).toBe('created');
      expect(await backend.create(spec)).toBe('exists');
      const chain = (hook: string) =>
        [
          'table inet filter {',
          `\tchain vallum-${hook} {`,
          `\t\ttype filter hook ${hook} priority filter - 10; policy accept;`,
          '\t\tjump vallum-allow comment "vallum"',
          ...['blacklist', 'blacklist6'].flatMap((name) =>
            [name, `${name}-net`].map(
              (behind) =>
                `\t\t${name === set ? 'ip' : 'ip6'} saddr @${behind} counter packets 0 bytes 0 drop comment "vallum+set"`,
            ),
          ),
          ...['\t}', '}', ''],
        ].join('\n');
      for (const hook of ['input', 'forward']) {
        expect(nft('list', 'chain', 'inet', 'filter', `vallum-${hook}`)).toBe(chain(hook));
      }
      expect(nft('list', 'chain', 'inet', 'filter', 'vallum-allow')).toBe(
        'table inet filter {\n\tchain vallum-allow {\n\t}\n}\n',
      );
      expect(nft('list', 'chain', 'inet', 'filter', 'input')).toBe(foreign);
      expect(await backend.inspect(set)).toMatchObject({ type: 'hash:net', references: 4 });
    });

    it('gives the command to type where a set is missing, and the command works', async () => {
      const [report] = await backend.apply([add(set6, '2001:db8::1')]);
      expect(report).toMatchObject({ outcome: 'failed', fault: 'set-missing' });
      const commands = /create it: (.*)/.exec(report?.outcome === 'failed' ? report.detail : '');
      const script = commands![1]!.replace('and drop what they hold: ', '');
      execFileSync('sh', ['-ec', script]);
      expect(backend.howToCreate?.(set6)).toBe(commands![1]);
      const changes = [add(set6, '2001:db8::1', 60), add(set6, '2001:db8::/32')];
      expect(verdicts(await backend.apply(changes))).toEqual(['applied', 'applied']);
      expect((await backend.inspect(set6))?.references).toBe(4);
    });

    it('ends each of several overlapping prefixes at its own time', async () => {
      await backend.create(spec);
      await backend.apply([
        add(set, '10.0.0.0/8', 2),
        add(set, '10.1.0.0/16', 600),
        add(set, '10.1.2.0/24', 2),
        add(set, '10.2.0.0/16'),
      ]);
      const all = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '10.2.0.0/16'];
      expect(texts(await listMembers(backend, set))).toEqual(all);
      expect(
        ['10.0.0.1', '10.1.2.3', '10.1.9.9', '10.2.0.1', '10.255.0.0'].map((text) => isHeld(text)),
      ).toEqual([true, true, true, true, true]);
      await sleep(2600);
      expect(texts(await listMembers(backend, set))).toEqual(['10.1.0.0/16', '10.2.0.0/16']);
      expect(
        ['10.0.0.1', '10.1.2.3', '10.1.9.9', '10.2.0.1', '10.255.0.0'].map((text) => isHeld(text)),
      ).toEqual([false, true, true, true, false]);
      const changes = [del(set, '10.1.2.0/24'), del(set, '10.1.0.0/16'), add(set, '10.0.0.0/8')];
      expect(verdicts(await backend.apply(changes))).toEqual(['unchanged', 'applied', 'applied']);
      expect(texts(await listMembers(backend, set))).toEqual(['10.0.0.0/8', '10.2.0.0/16']);
    });

    it('shortens the ban of a prefix back to that of the one around it, and keeps its neighbours', async () => {
      await backend.create(spec);
      await backend.apply([
        add(set, '10.0.0.0/8', 600),
        add(set, '10.1.0.0/16', 60),
        add(set, '11.0.0.0/8'),
        add(set, '255.0.0.0/8', 60),
      ]);
      await backend.apply([del(set, '10.0.0.0/8')]);
      const members = await listMembers(backend, set);
      expect(texts(members)).toEqual(['10.1.0.0/16', '11.0.0.0/8', '255.0.0.0/8']);
      expect(
        members.find(({ address }) => address.text === '10.1.0.0/16')?.timeoutSeconds,
      ).toBeLessThanOrEqual(60);
      expect([
        isHeld('10.1.0.1'),
        isHeld('10.2.0.1'),
        isHeld('11.1.1.1'),
        isHeld('255.255.255.255'),
      ]).toEqual([true, false, true, true]);
    });

    it('knows overlapping prefixes again after a restart', async () => {
      await backend.create(spec);
      const changes = [
        add(set, '10.0.0.0/8', 60),
        add(set, '10.0.0.0/16', 600),
        add(set, '10.0.0.0/24'),
        add(set, '10.9.0.0/16', 30),
      ];
      await backend.apply(changes);
      const other = await open();
      const members = await listMembers(other, set);
      const ends = members.map(({ address, timeoutSeconds }) => [
        address.text,
        Math.ceil((timeoutSeconds ?? 0) / 10),
      ]);
      expect(ends.sort()).toEqual([
        ['10.0.0.0/16', 60],
        ['10.0.0.0/24', 0],
        ['10.0.0.0/8', 6],
        ['10.9.0.0/16', 3],
      ]);
      expect(
        verdicts(await other.apply([del(set, '10.0.0.0/24'), del(set, '10.0.0.0/8')])),
      ).toEqual(['applied', 'applied']);
      expect(texts(await listMembers(other, set))).toEqual(['10.0.0.0/16', '10.9.0.0/16']);
      await other.close();
      expect([isHeld('10.0.0.1'), isHeld('10.1.0.1'), isHeld('10.9.0.1')]).toEqual([
        true,
        false,
        true,
      ]);
      // What the first has in mind is not so any more: it finds out by itself.
      expect(
        verdicts(await backend.apply([del(set, '10.0.0.0/8'), add(set, '10.0.0.0/8', 60)])),
      ).toEqual(['unchanged', 'applied']);
      expect(texts(await listMembers(backend, set))).toEqual([
        '10.0.0.0/16',
        '10.0.0.0/8',
        '10.9.0.0/16',
      ]);
    });

    it('never claims what somebody else has taken away meanwhile', async () => {
      await backend.create(spec);
      await backend.apply([add(set, '10.0.0.0/8'), add(set, '192.0.2.1')]);
      nft('flush', 'set', 'inet', 'filter', 'blacklist-net');
      nft('flush', 'set', 'inet', 'filter', 'blacklist');
      const again = [add(set, '10.0.0.0/8'), add(set, '192.0.2.1')];
      expect(verdicts(await backend.apply(again))).toEqual(['applied', 'applied']);
      expect([isHeld('10.2.3.4'), isHeld('192.0.2.1', 'blacklist')]).toEqual([true, true]);
      nft('flush', 'set', 'inet', 'filter', 'blacklist-net');
      expect(verdicts(await backend.apply([del(set, '10.0.0.0/8')]))).toEqual(['unchanged']);
    });

    it('bans one address, and nothing behind it, where an interval set takes the place of the hash set', async () => {
      await backend.create({ ...spec, type: 'hash:ip' });
      await backend.apply([add(set, '192.0.2.1')]);
      nft('flush', 'ruleset');
      nft('add', 'table', 'inet', 'filter');
      nft('add set inet filter blacklist { type ipv4_addr; flags interval, timeout; }');
      nft(
        'add',
        'element',
        'inet',
        'filter',
        'blacklist',
        '{ 198.51.100.5-198.51.100.9 timeout 60s }',
      );
      const changes = [
        add(set, '192.0.2.1', 60),
        add(set, '192.0.2.0/24', 60),
        del(set, '198.51.100.5'),
      ];
      expect(verdicts(await backend.apply(changes))).toEqual(['applied', 'applied', 'applied']);
      expect([isHeld('192.0.2.1', 'blacklist'), isHeld('192.0.3.0', 'blacklist')]).toEqual([
        true,
        false,
      ]);
      expect(texts(await listMembers(backend, set))).toEqual([
        '192.0.2.0/24',
        '192.0.2.1',
        '198.51.100.6/31',
        '198.51.100.8/31',
      ]);
      expect((await backend.inspect(set))?.type).toBe('hash:net');
    });

    it('follows a set that is destroyed, and one of the other family in its place', async () => {
      await backend.create(spec);
      await backend.apply([add(set, '192.0.2.1'), add(set, '10.0.0.0/8')]);
      nft('flush', 'ruleset');
      const changes = [add(set, '192.0.2.1'), add(set, '10.0.0.0/8')];
      expect(verdicts(await backend.apply(changes))).toEqual(['set-missing', 'set-missing']);
      nft('add', 'table', 'inet', 'filter');
      nft('add set inet filter blacklist { type ipv6_addr; }');
      expect(verdicts(await backend.apply(changes))).toEqual(['wrong-family', 'wrong-family']);
      expect(verdicts(await backend.apply([add(set, '2001:db8::1')]))).toEqual(['applied']);
      nft('flush', 'ruleset');
      nft('add', 'table', 'inet', 'filter');
      nft('add map inet filter blacklist { type ipv4_addr : verdict; }');
      expect(verdicts(await backend.apply(changes))).toEqual([
        'unsupported-type',
        'unsupported-type',
      ]);
    });

    testNeeding(bulk, 'costs only the bad ones of 3,000: full, absent, too wide', async () => {
      await backend.create({ ...spec, type: 'hash:ip', maxEntries: 1000 });
      const changes: Change[] = [...Array(3000).keys()].map((index) => {
        const text = `10.0.${index >> 8}.${index & 255}`;
        if (index % 500 === 7) return add(set, `${text.replace(/\d+$/, '0')}/24`);
        return index % 3 === 0 ? add(set, text, 600) : del(set, text);
      });
      const counts: Record<string, number> = {};
      for (const verdict of verdicts(await backend.apply(changes)))
        counts[verdict] = (counts[verdict] ?? 0) + 1;
      expect(counts).toEqual({ applied: 998, unchanged: 1996, 'prefix-unsupported': 6 });
      const more = [...Array(10).keys()].map((index) => add(set, `10.9.0.${index}`));
      expect(verdicts(await backend.apply(more))).toEqual([
        ...Array<string>(2).fill('applied'),
        ...Array<string>(8).fill('set-full'),
      ]);
    });

    it('fills an interval set to the last place, and refuses only what has none', async () => {
      await backend.create({ ...spec, maxEntries: 200 });
      const prefix = (index: number): string => `10.${index >> 6}.${(index & 63) * 4}.0/23`;
      const some = [...Array(500).keys()].map((index) => add(set, prefix(index)));
      const count = (reports: readonly string[], verdict: string): number =>
        reports.filter((report) => report === verdict).length;
      const reports = verdicts(await backend.apply(some));
      const room = count(reports, 'applied');
      expect(room).toBeGreaterThanOrEqual(100);
      expect(count(reports, 'set-full')).toBe(500 - room);
      expect((await listMembers(backend, set)).length).toBe(room);
      // Half of what is held goes, and as much of what was refused takes its place.
      const gone = some.filter((_, index) => reports[index] === 'applied' && index % 2 === 0);
      const mixed = [...some.slice(-100), ...gone.map(({ address }) => del(set, address.text))];
      const after = verdicts(await backend.apply(mixed));
      expect(count(after, 'applied')).toBe(gone.length + Math.min(100, gone.length));
      expect(count(after, 'set-full')).toBe(Math.max(0, 100 - gone.length));
      expect((await listMembers(backend, set)).length).toBe(
        room - gone.length + Math.min(100, gone.length),
      );
    });
  });
});

suiteNeeding(['nft'], 'the nftables backend over netlink', () => {
  it('answers questions amid a large call without losing an error of it', async () => {
    const backend = await createNftablesBackend();
    try {
      await backend.create({ ...spec, type: 'hash:ip', maxEntries: 20_000 });
      const changes = [...Array(20_010).keys()].map((index) =>
        add(set, `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`),
      );
      const applied = backend.apply(changes);
      const asked = Promise.all([...Array(20).keys()].map(() => backend.inspect(set)));
      const reports = verdicts(await applied);
      expect(reports.filter((verdict) => verdict === 'applied')).toHaveLength(20_000);
      expect(reports.filter((verdict) => verdict === 'set-full')).toHaveLength(10);
      expect((await asked).every((info) => info?.type === 'hash:ip')).toBe(true);
      expect((await backend.inspect(set))?.entries).toBe(20_000);
    } finally {
      await backend.close();
      nft('flush', 'ruleset');
    }
  });

  it('goes on with what is left of a large call when somebody changes the ruleset amid it', async () => {
    const backend = await createNftablesBackend();
    try {
      await backend.create({ ...spec, type: 'hash:ip' });
      const changes = [...Array(60_000).keys()].map((index) =>
        add(set, `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`),
      );
      const progress: { done: boolean } = { done: false };
      const applied = backend.apply(changes).finally(() => (progress.done = true));
      const ends = ['add', 'delete'];
      for (let round = 0; !progress.done && round < 20; round++) {
        await new Promise((resolve) =>
          execFile('nft', [ends[round % 2]!, 'table', 'ip', 'other'], resolve),
        );
      }
      expect(new Set(verdicts(await applied))).toEqual(new Set(['applied']));
      expect((await backend.inspect(set))?.entries).toBe(60_000);
    } finally {
      await backend.close();
      nft('flush', 'ruleset');
    }
  });
});

suiteNeeding(['nft', 'namespace', 'iproute'], 'the chain that --create makes', () => {
  it.each(kinds)('drops real packets while their source is in a set: %s', async (kind, open) => {
    const other = await createNamespace('other');
    const backend = await open();
    const ping = async (from: string, to: string): Promise<boolean> => {
      const { code } = await other.run('ping', ['-c', '1', '-W', '1', '-I', from, to]);
      return code === 0;
    };
    const probe = async (): Promise<boolean[]> =>
      Promise.all([
        ping('10.77.0.2', '10.77.0.1'),
        ping('10.77.0.3', '10.77.0.1'),
        ping('fd00:77::2', 'fd00:77::1'),
      ]);
    try {
      await connectNamespaces(ownNamespace, other, {
        left: ['10.77.0.1/24', 'fd00:77::1/64'],
        right: ['10.77.0.2/24', '10.77.0.3/24', 'fd00:77::2/64'],
      });
      await backend.create(spec);
      await backend.create({ ...spec, set: set6, family: 'ipv6' });
      expect(await probe()).toEqual([true, true, true]);
      await backend.apply([add(set, '10.77.0.2'), add(set6, 'fd00:77::2')]);
      expect(await probe()).toEqual([false, true, false]);
      // It drops what is not in the set.
      const chain = ['add', 'rule', 'inet', 'filter', 'vallum-input', 'ip', 'saddr'];
      nft(...chain, '!=', '@blacklist', 'counter', 'drop');
      expect(await probe()).toEqual([false, false, false]);
      // Of the first rule; a ping is one packet.
      const dropped = kind === 'over netlink' ? { packets: 2, bytes: 2 * 84 } : undefined;
      expect((await backend.inspect(set))?.dropped).toEqual(dropped);
      await ping('10.77.0.2', '10.77.0.1');
      const fresh = dropped && new Map([[set, { packets: 3, bytes: 3 * 84 }]]);
      expect(await backend.drops?.([set, set6, 'none' as SetName])).toEqual(fresh);
      nft('flush', 'chain', 'inet', 'filter', 'vallum-input');
      nft(...chain, '@blacklist', 'drop');
      nft(...chain.slice(0, -2), 'ip6', 'saddr', '@blacklist6', 'drop');
      for (const name of ['@blacklist-net', '@blacklist']) nft(...chain, name, 'counter', 'drop');
      await backend.apply([
        del(set, '10.77.0.2'),
        add(set, '10.77.0.3/32'),
        del(set6, 'fd00:77::2'),
      ]);
      await backend.apply([del(set, '10.77.0.3'), add(set, '10.77.0.2/31')]);
      expect(await probe()).toEqual([false, false, true]);
      await backend.apply([del(set, '10.77.0.2/31')]);
      expect(await probe()).toEqual([true, true, true]);
    } finally {
      await backend.close();
      await other.remove();
      nft('flush', 'ruleset');
    }
  });
});
