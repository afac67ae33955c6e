import { describe, expect, it } from '@jest/globals';
import { parseAddress, type Address, type SetInfo } from '@vallum/core';
import { parseSetName } from '@vallum/core/protocol';
import { checkProtect, type ProtectFacts } from './check-protect.js';
import { checkRules, checkRuleSources } from './check-rules.js';
import { checkKernel, checkPermission, checkRoom, checkSets, checkUnfit } from './check-sets.js';
import { checkDaemon } from './check-daemon.js';
import { checkMissed } from './check-missed.js';
import { checkRepair } from './check-repair.js';
import { findElsewhere } from './find-elsewhere.js';
import type { RuleFacts } from '../firewall/gather-rules.js';
import { parseIptablesSave } from '../firewall/parse-iptables-save.js';
import { parseNftRuleset } from '../firewall/parse-nft-ruleset.js';
import type { SetFacts } from './gather-sets.js';
import { hasNetAdmin } from './permission.js';
import { readStatus } from './read-status.js';
import { madeBySetup } from './made-by-setup.js';
import { ipsetRemedies, nftablesRemedies } from './set-remedies.js';
import { findSshClient } from './ssh-client.js';

function setName(text: string) {
  const set = parseSetName(text);
  if (!set.ok) throw new Error(set.detail);
  return set.value;
}

const set = setName('blacklist');

function facts(info?: Partial<SetInfo>, more: Partial<SetFacts> = {}): SetFacts {
  const whole: SetInfo = {
    ...{ set, type: 'hash:net', family: 'ipv4', entries: 0, references: 0 },
    ...{ defaultTimeoutSeconds: 0, maxEntries: 100 },
    ...info,
  };
  return { set, companion: false, family: 'ipv4', ...(info ? { info: whole } : {}), ...more };
}

const ipset = ipsetRemedies;
const TABLE = { family: 'inet', table: 'vallum' };
const DROPPING =
  '*filter\n:INPUT ACCEPT\n-A INPUT -m set --match-set blacklist src -j DROP\nCOMMIT\n';
const noRules: RuleFacts = { tables: [], read: ['nft'], failed: [] };

describe('the checks of sets', () => {
  it('tell how to create one that is missing', () => {
    expect(checkSets([facts()], false, ipset)).toMatchObject([
      { level: 'critical', remedy: 'ipset create blacklist hash:net family inet timeout 0' },
    ]);
    expect(checkSets([facts()], true, ipset)).toMatchObject([{ level: 'warning' }]);
    const beside = facts(undefined, {
      companion: true,
      family: 'ipv6',
      set: setName('blacklist6'),
    });
    expect(checkSets([beside], false, ipset)).toMatchObject([
      { level: 'warning', remedy: 'ipset create blacklist6 hash:net family inet6 timeout 0' },
    ]);
  });

  it('tell one that is there for the other backend, which is a line of the configuration', () => {
    const entries = { nftables: [{ set: { ...TABLE, name: 'blacklist' } }] };
    const nft = parseNftRuleset(JSON.stringify(entries))!;
    const iptables = parseIptablesSave(DROPPING, 'iptables-nft', 'ipv4');
    const table = { family: 'inet', table: 'vallum' } as const;
    const check = (name: string, tables: RuleFacts['tables'], where: object = table) =>
      checkSets([facts()], true, ipset, {
        find: findElsewhere({ name, table: where } as never, tables),
        configPath: '/etc/x.yaml',
      })[0]!;
    expect(check('ipset', nft)).toMatchObject({
      level: 'critical',
      message:
        'is there in nftables (table inet vallum), and the backend is ipset, which has no such set',
      remedy: 'in /etc/x.yaml: backend: nftables',
    });
    expect(check('nftables-process', iptables)).toMatchObject({
      level: 'critical',
      message: expect.stringMatching(/^is there in ipset, .* the backend is nftables-process/),
      remedy: 'in /etc/x.yaml: backend: ipset',
    });
    // Of another table the name means another set.
    for (const found of [
      ...[check('ipset', nft, { table: 'own' }), check('ipset', iptables)],
      ...[check('nftables', nft), check('nftables', [])],
    ]) {
      expect(found.message).toMatch(/^does not exist/);
    }
  });

  it('tell a type that vallumd does not edit, and a family that does not fit', () => {
    expect(checkSets([facts({ type: 'hash:mac' })], false, ipset)).toMatchObject([
      { level: 'critical' },
    ]);
    expect(checkSets([facts({}, { companion: true })], false, ipset)).toMatchObject([
      { level: 'warning' },
    ]);
  });

  it('tell one that evicts, and what to put in its place', () => {
    expect(checkSets([facts({ evicts: true, maxEntries: 100 })], false, ipset)).toMatchObject([
      {
        level: 'warning',
        message: expect.stringContaining('forceadd'),
        remedy:
          "ipset save blacklist | sed -e '1s|^create [^ ]*|create blacklist-new|' -e '1s| forceadd||' " +
          "-e 's|^add [^ ]*|add blacklist-new|' | ipset restore && " +
          'ipset swap blacklist blacklist-new && ipset destroy blacklist-new',
      },
    ]);
  });

  it('tell what a good one is', () => {
    const { defaultTimeoutSeconds: _, ...without } = facts({}).info!;
    const sets = [
      ...[facts({}), facts({ type: 'hash:ip', defaultTimeoutSeconds: 600 })],
      { ...facts(), info: without },
    ];
    expect(
      checkSets(sets, false, ipset).map(({ level, message }) => `${level} ${message}`),
    ).toEqual([
      'ok hash:net, IPv4, with timeouts',
      'ok hash:ip, IPv4, with timeouts, 600 s unless a ban says more, single addresses only',
      'ok hash:net, IPv4, without timeouts (vallumd ends timed bans itself)',
    ]);
  });

  it.each([
    [89, 'ok'],
    [90, 'warning'],
    [100, 'critical'],
  ])('say of %d entries in a set for 100: %s', (entries, level) => {
    expect(checkRoom([facts({ entries })], ipset)).toMatchObject([{ level }]);
  });

  it('do not call a bitmap full, which has a bit for each of its addresses', () => {
    expect(checkRoom([facts({ type: 'bitmap:ip', entries: 100 })], ipset)).toEqual([]);
  });

  it('tell what came and does not fit the type', () => {
    const unfit = [{ set: 'blacklist', code: 'prefix-unsupported', count: 3 }];
    expect(checkUnfit([facts({ type: 'hash:ip' })], unfit, ipset)).toMatchObject([
      { level: 'warning', message: 'is a hash:ip, which takes no prefixes, and 3 came' },
    ]);
    const used = facts({ type: 'hash:ip', references: 1 });
    expect(checkUnfit([used], unfit, ipset)[0]).not.toHaveProperty('remedy');
    expect(checkUnfit([used], [], ipset)).toEqual([]);
  });

  it('give nobody who has nftables a command of ipset', () => {
    const nft = nftablesRemedies({}, [set]);
    const broken = facts(undefined, { fault: { code: 'BACKEND_UNAVAILABLE', message: 'no' } });
    const all = [
      ...checkKernel([broken], nft),
      ...checkSets([facts(), facts({ type: 'ipv4_addr . inet_service' })], false, nft),
      ...checkRoom([facts({ entries: 100 }), facts({ entries: 95 })], nft),
    ];
    expect(all).toHaveLength(5);
    for (const { remedy } of all) {
      expect(remedy).toMatch(/nftables/);
      expect(remedy).not.toMatch(/ipset/);
    }
    expect(nftablesRemedies({ table: 'mine', family: 'ip' }, [set]).create(facts())).toBe(
      'vallumd setup --rules nftables --nft-family ip --nft-table mine --apply -t blacklist',
    );
  });

  it.each([
    // The largest of the others, and four times the one that is full.
    [1_000, 1_048_576, 1_048_576],
    [500_000, 1_048_576, 2_000_000],
    [1_000, undefined, 1_048_576],
    [2_000_000_000, 10, 4_294_967_295],
  ])('make no set of nftables smaller: of %s, full, and %s come %s', (full, other, room) => {
    const { maxEntries: _, ...info } = facts({}).info!;
    const sets = [
      facts({ entries: full, maxEntries: full }),
      {
        ...facts({}, { set: setName('other') }),
        info: other === undefined ? info : { ...info, maxEntries: other },
      },
    ];
    const made = madeBySetup(sets, [], 'inet vallum');
    const [found] = checkRoom(sets, nftablesRemedies({}, [set, setName('other')], made));
    expect(found!.remedy).toBe(
      'vallumd setup --rules nftables --remove --apply; vallumd setup --rules nftables --apply ' +
        `--create-maxelem ${room} -t blacklist -t other`,
    );
  });

  it('name the new set so that the kernel takes it', () => {
    const long = setName('a-name-of-thirty-one-characters');
    const remedy = ipset.enlarge({ ...facts({}).info!, set: long }, 400);
    expect(remedy).toContain('ipset swap a-name-of-thirty-one-charac');
    for (const name of remedy.match(/a-name[^\s|]*/g)!) expect(name.length).toBeLessThanOrEqual(31);
    expect(remedy).toContain('maxelem 400');
  });

  it('tell a kernel without sets from a process without permission', () => {
    const broken = facts(undefined, { fault: { code: 'BACKEND_UNAVAILABLE', message: 'no' } });
    const denied = facts(undefined, { fault: { code: 'PERMISSION_DENIED', message: 'no' } });
    expect(checkKernel([broken], ipset)).toMatchObject([{ level: 'critical', message: 'no' }]);
    expect(checkKernel([denied], ipset)).toMatchObject([{ level: 'unknown' }]);
    expect(checkPermission(false, [], 'vallumd')).toMatchObject([{ level: 'critical' }]);
    // A running vallumd may have what the doctor lacks.
    expect(checkPermission(false, [denied], 'doctor')).toMatchObject([{ level: 'unknown' }]);
    for (const whose of ['vallumd', 'doctor'] as const) {
      expect(checkPermission(true, [denied], whose)).toMatchObject([{ level: 'critical' }]);
      expect(checkPermission(true, [facts({})], whose)).toMatchObject([{ level: 'ok' }]);
      expect(checkPermission(undefined, [], whose)).toEqual([]);
    }
  });

  it('read the capability from the bits of this process', async () => {
    expect(await hasNetAdmin(async () => 'CapPrm:\t0\nCapEff:\t0000000000001000\n')).toBe(true);
    expect(await hasNetAdmin(async () => 'CapEff:\t0000000000002000\n')).toBe(false);
    expect(await hasNetAdmin(() => Promise.reject(new Error('no /proc')))).toBeUndefined();
  });
});

describe('the check of rules', () => {
  it('says how to have one where no rule refers to the set', () => {
    expect(checkRules([facts({})], noRules, 'ipset')).toMatchObject([
      { level: 'critical', remedy: 'vallumd setup --rules iptables --apply -t blacklist' },
    ]);
    const beside = facts({ family: 'ipv6' }, { companion: true, family: 'ipv6' });
    expect(checkRules([beside], noRules, 'ipset')).toMatchObject([
      { level: 'warning', remedy: 'vallumd setup --rules iptables --apply -t blacklist' },
    ]);
    const table = { family: 'ip', table: 'mine' };
    expect(checkRules([facts({})], noRules, 'nftables', table)).toMatchObject([
      {
        remedy:
          'vallumd setup --rules nftables --nft-family ip --nft-table mine --apply -t blacklist',
      },
    ]);
  });

  it('does not know where rules cannot be read, whatever the kernel counts', () => {
    const unread = { ...noRules, failed: [{ tool: 'iptables-legacy-save', detail: 'no' }] };
    expect(checkRules([facts({ references: 1 })], unread, 'ipset')).toMatchObject([
      { level: 'unknown', message: '1 reference, by rules that cannot be read here' },
    ]);
    // What drops is the last word, whatever the others say.
    const tables = parseIptablesSave(DROPPING, 'iptables-nft', 'ipv4');
    expect(checkRules([facts({})], { ...unread, tables }, 'ipset')).toMatchObject([
      { level: 'ok' },
    ]);
    const behind = parseIptablesSave(DROPPING.replace('-A', '-A INPUT -j ACCEPT\n-A'), 'x', 'ipv4');
    expect(checkRules([facts({})], { ...unread, tables: behind }, 'ipset')).toMatchObject([
      { level: 'unknown' },
    ]);
    expect(checkRules([facts({ references: 1 })], noRules, 'ipset')).toMatchObject([
      { level: 'unknown' },
    ]);
    expect(checkRuleSources(unread)).toMatchObject([{ level: 'unknown' }]);
  });

  it('says what gets in where its rule is never reached', () => {
    const behind = DROPPING.replace('-A', '-A INPUT -j ACCEPT\n-A');
    const tables = parseIptablesSave(behind, 'iptables-nft', 'ipv4');
    expect(checkRules([facts({})], { ...noRules, tables }, 'ipset')).toMatchObject([
      {
        level: 'critical',
        message:
          'its rule in iptables-nft filter INPUT is never reached, so banned addresses get in: every ' +
          'protocol and port on any interface (let in by iptables-nft filter INPUT: -A INPUT -j ACCEPT)',
      },
    ]);
  });

  it('looks at prefixes too, which nftables keeps in a set of their own', () => {
    const tables = parseNftRuleset(
      JSON.stringify({
        nftables: [
          ...['blacklist', 'blacklist-net'].map((name) => ({ set: { ...TABLE, name } })),
          { chain: { ...TABLE, name: 'input', type: 'filter', hook: 'input', prio: -10 } },
          {
            rule: {
              ...{ ...TABLE, chain: 'input', handle: 4 },
              expr: [
                {
                  match: {
                    ...{ op: '==', right: '@blacklist' },
                    left: { payload: { protocol: 'ip', field: 'saddr' } },
                  },
                },
                { drop: null },
              ],
            },
          },
        ],
      }),
    )!;
    expect(checkRules([facts({})], { ...noRules, tables }, 'nftables', TABLE)).toMatchObject([
      {
        level: 'critical',
        message: expect.stringMatching(/^prefixes \(set blacklist-net\): no rule/),
      },
    ]);
    const both = [...tables, ...parseIptablesSave(DROPPING, 'iptables-nft', 'ipv4')];
    expect(checkRules([facts({})], { ...noRules, tables: both }, 'ipset', TABLE)).toMatchObject([
      { level: 'ok' },
    ]);
    const other = { family: 'inet', table: 'other' };
    expect(checkRules([facts({})], { ...noRules, tables }, 'nftables', other)).toMatchObject([
      { level: 'critical', message: expect.stringMatching(/^no rule refers to it/) },
    ]);
  });

  it('is critical where no firewall is installed', () => {
    expect(checkRuleSources({ ...noRules, read: [] })).toMatchObject([{ level: 'critical' }]);
  });
});

describe('the check of the protect list', () => {
  const host = [{ address: address('192.0.2.1'), because: 'gateway on eth0' }];
  const base: ProtectFacts = {
    configPath: '/etc/vallum/vallumd.yaml',
    ...{ protect: [], protectHost: true, host, broker: ['192.0.2.5'], sshClient: undefined },
  };

  it('is content with what is protected by itself', () => {
    expect(checkProtect(base)).toMatchObject([{ level: 'ok', subject: 'this host' }]);
  });

  it('names what --no-protect-host leaves open, unless the list covers it', () => {
    expect(checkProtect({ ...base, protectHost: false })).toMatchObject([
      { level: 'warning', subject: '192.0.2.1' },
    ]);
    const listed = { ...base, protectHost: false, protect: ['192.0.2.0/24'] };
    expect(checkProtect(listed)).toMatchObject([{ level: 'ok' }]);
  });

  it('asks to protect whoever is logged in', () => {
    expect(checkProtect({ ...base, sshClient: '198.51.100.7' })[1]).toMatchObject({
      level: 'warning',
      remedy: 'in /etc/vallum/vallumd.yaml: protect: [198.51.100.7]',
    });
    const listed = { ...base, sshClient: '198.51.100.7', protect: ['198.51.100.0/24'] };
    expect(checkProtect(listed)[1]).toMatchObject({ level: 'ok' });
    expect(checkProtect({ ...base, sshClient: '::1' })[1]).toMatchObject({ level: 'ok' });
  });

  it('gives one line that does for all', () => {
    const found = checkProtect({
      ...{ ...base, protectHost: false, protect: ['10.0.0.0/8'], sshClient: '2001:db8::7' },
    });
    const remedies = new Set(found.map(({ remedy }) => remedy));
    expect([...remedies]).toEqual([
      "in /etc/vallum/vallumd.yaml: protect: [10.0.0.0/8, 192.0.2.1, '2001:db8::7']",
    ]);
  });

  it('finds that out through sudo too', async () => {
    const files: Record<string, string> = {
      '/proc/30/environ': 'HOME=/root\0',
      '/proc/30/stat': '30 (sudo) x) S 20 30 30',
      '/proc/20/environ': 'A=1\0SSH_CONNECTION=198.51.100.7 50022 192.0.2.1 22\0',
    };
    const read = (path: string) => {
      const text = files[path];
      return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
    };
    expect(await findSshClient({}, 30, read)).toBe('198.51.100.7');
    expect(await findSshClient({}, 40, read)).toBeUndefined();
    expect(await findSshClient({ SSH_CONNECTION: '::2 1 ::1 22' }, 30, read)).toBe('::2');
  });
});

describe('the check of the daemon', () => {
  const status = (state: string) => readStatus(JSON.stringify({ state }));
  const NOW = 1_795_420_000;
  const check = (
    holder: number | 'none' | undefined,
    state?: string,
    contact?: { connected: boolean; seen: number },
  ) =>
    checkDaemon({
      ...{ node: 'fw1', nowUnix: NOW, status: state === undefined ? undefined : status(state) },
      daemon: {
        ...{ folder: '/var/lib/vallum', process: holder },
        ...(contact ? { contact: { ...contact, received: {}, missed: [] } } : {}),
      },
    })[0]!.level;

  it.each([
    [7, 'online', undefined, 'ok'],
    [7, 'offline', undefined, 'critical'],
    [7, 'nonsense', undefined, 'critical'],
    [7, undefined, { connected: true, seen: NOW - 60 }, 'ok'],
    [7, undefined, { connected: true, seen: NOW - 6_000 }, 'unknown'],
    [7, undefined, { connected: false, seen: NOW }, 'critical'],
    [7, 'offline', { connected: true, seen: NOW - 60 }, 'warning'],
    [7, 'offline', { connected: false, seen: NOW - 60 }, 'critical'],
    [7, undefined, undefined, 'unknown'],
    ['none', 'online', undefined, 'critical'],
    ['none', undefined, undefined, 'critical'],
    // A status outlives its node where the broker lost its power too.
    [undefined, 'online', undefined, 'unknown'],
    [undefined, 'stopped', undefined, 'critical'],
    [undefined, undefined, undefined, 'unknown'],
  ] as const)('says of process %s, status %s, contact %j: %s', (holder, state, contact, level) => {
    expect(check(holder, state, contact)).toBe(level);
  });
});

describe('what a node says of itself', () => {
  it('is read as far as it is understood', () => {
    const text = JSON.stringify({
      ...{ state: 'online', ledgers: [{ heard: true }, { heard: true }], received: { a: 60 } },
      sets: [
        {
          set: 'a',
          refusals: [
            { code: 'prefix-unsupported', count: 2 },
            { code: 'protected', count: 1 },
          ],
        },
        'x',
      ],
    });
    expect(readStatus(text)).toEqual({
      ...{ state: 'online', contact: { received: { a: 60 }, missed: [] }, heard: true },
      unfit: [{ set: 'a', code: 'prefix-unsupported', count: 2 }],
    });
    expect(readStatus('nonsense')).toMatchObject({ state: 'nonsense', heard: undefined });
    expect(readStatus('{"state":7,"ledgers":[{"heard":false},{"heard":true}]}').heard).toBe(false);
    expect(readStatus('{"ledgers":[{},{"heard":true}]}').heard).toBeUndefined();
  });
});

describe('the check whether something was missed', () => {
  const NOW = 1_795_420_000;
  const missed = { why: 'session', from: NOW - 100, until: NOW - 50, taken: 0 } as const;
  const check = (all: readonly object[] | undefined, repair = true) =>
    checkMissed({
      ...{ node: 'fw1', repair, reconcile: 'vallumd reconcile', nowUnix: NOW },
      contact: all && { missed: all as never },
    })[0]!;

  it('does not know what nobody tells', () => {
    expect(check(undefined)).toMatchObject({ level: 'unknown' });
    expect(check([])).toMatchObject({ level: 'ok' });
    expect(check([], false).message).toMatch(/only other nodes can know/);
  });

  it('tells what was lost and what follows, with the repair and without', () => {
    expect(check([missed])).toMatchObject({
      ...{ level: 'warning', remedy: 'vallumd reconcile' },
      message: expect.stringMatching(/no other node holds the same yet/),
    });
    expect(check([missed], false).message).toMatch(/send those bans again/);
    expect(check([missed, { ...missed, taken: 12, agreed: NOW }]).message).toMatch(
      /12 bans or unbans were taken.*\(and 1 times before\)/,
    );
  });

  it('lets what was made up for a day ago rest', () => {
    const old = { ...missed, from: NOW - 100_000, until: NOW - 90_000 };
    expect(check([old])).toMatchObject({ level: 'warning' });
    expect(check([{ ...old, agreed: NOW - 89_000 }])).toMatchObject({ level: 'ok' });
  });
});

describe('the check of repair', () => {
  const topics = ['a/sync', 'vallumd/fw1/sync'];
  const check = (
    outcomes: readonly ('heard' | 'refused' | 'starved' | 'silent' | 'ended')[],
    heard?: boolean,
  ) =>
    checkRepair(
      { echoes: outcomes.map((outcome, at) => ({ topic: topics[at]!, outcome })) } as never,
      { node: 'fw1', topics, heard },
    ).map(({ level, subject }) => `${level} ${subject}`);

  it('is content with what came back', () => {
    expect(check(['heard', 'heard'])).toEqual(['ok fw1']);
    expect(check(['heard', 'refused'])).toEqual(['warning vallumd/fw1/sync']);
    expect(check(['starved', 'heard'], true)).toEqual(['warning a/sync']);
    expect(check(['silent', 'heard'])).toEqual(['unknown a/sync']);
    expect(check(['silent', 'silent'], false)).toHaveLength(2);
    expect(check(['ended', 'ended'], true)).toEqual(['ok fw1']);
    expect(check([])).toEqual([]);
  });
});

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}
