import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { suiteNeeding, runProcess } from '@vallum/test-kit';
import type { Run } from '@vallum/core/backend';
import { parseAddress, type HostAddress, type SetInfo } from '@vallum/core';
import { parseSetName } from '@vallum/core/protocol';
import { checkRules } from '../../src/doctor/check-rules.js';
import { gatherRules } from '../../src/firewall/gather-rules.js';
import { gatherHost, type HostFacts } from '../../src/firewall/host-facts.js';
import { judgeSet } from '../../src/firewall/judge-set.js';
import { runSetup } from '../../src/setup/run-setup.js';
import { createLab, NETWORKS, type Lab } from './lab.js';
import { BANNED_ADDRESSES, isCovered, planProbes, type Planned } from './probe-plan.js';
import { readCollection, type Ruleset } from './read-collection.js';

const collection = readCollection();

describe('the collection of rulesets', () => {
  it('is large, and each says what it is', () => {
    expect(collection.length).toBeGreaterThanOrEqual(40);
    expect(collection.filter(({ about }) => about === '')).toEqual([]);
  });
});

suiteNeeding(['namespace', 'iproute', 'ipset', 'iptables', 'nft'], 'doctor and the packets', () => {
  let lab: Lab;
  let run: Run;
  const hosts = new Map<boolean, Promise<HostFacts>>();
  let rounds = 0;

  beforeAll(async () => {
    lab = await createLab();
    run = (program, args, options = {}) =>
      runProcess(...lab.firewall.command(program, args), options).then((finished) => {
        if (finished.code !== 127) return finished;
        throw Object.assign(new Error(program), { code: 'ENOENT' });
      });
  });
  afterAll(async () => {
    await lab.firewall.remove();
  });

  it.each(collection.map((ruleset) => [ruleset.name, ruleset.about, ruleset] as const))(
    'agree on %s: %s',
    async (_name, _about, ruleset) => {
      await load(ruleset);
      const planned = planProbes(ruleset.forward);
      const said = await askDoctor(ruleset);
      const expected = planned.filter(({ family, ...probe }) =>
        isCovered({ family, ...probe }, said[family].openings),
      );
      // A busy machine may lose an answer, and never makes one up.
      let got = await probe(planned, 300);
      for (let again = 0; again < 2 && expected.some((one) => !got.has(one.id)); again += 1) {
        got = new Set([...got, ...(await probe(planned, 1_500))]);
      }
      const names = (ids: Iterable<number>) => [...ids].map((id) => name(planned[id]!)).sort();
      const levels = { doctor: said.ipv4.level, doctor6: said.ipv6.level };
      expect({ ...levels, said: said.ipv4.message }).toMatchObject({
        ...{ doctor: ruleset.doctor, doctor6: ruleset.doctor6 },
        said: expect.stringContaining(ruleset.says ?? ''),
      });
      const unsure = ruleset.undecidable !== undefined;
      if (!unsure) expect(names(got)).toEqual(names(expected.map(({ id }) => id)));
      if (said.ipv4.remedy !== undefined) {
        await paste(said.ipv4.remedy);
        const after = await askDoctor(ruleset);
        expect(after.ipv4).toMatchObject(DROPPED);
        // Setup takes care of both; a rule of one's own is one's own.
        if (said.ipv4.remedy.startsWith('vallumd')) expect(after.ipv6).toMatchObject(DROPPED);
      }
      for (const family of ['ipv4', 'ipv6'] as const) {
        const inside = planned.filter((one) => one.family === family && got.has(one.id));
        const { level } = said[family];
        if (level === 'unknown') expect(ruleset.undecidable).toBeDefined();
        else if (!said[family].excepts) expect(level === 'ok').toBe(inside.length === 0);
      }
    },
  );

  async function load({ steps, forward, backend, home }: Ruleset): Promise<void> {
    const on = forward ? '1' : '0';
    const banned = (family: 'ipv4' | 'ipv6') => BANNED_ADDRESSES[family];
    await lab.firewall.exec('sh', ['-ec', RESET.replaceAll('ON', on)]);
    if (backend === 'ipset') {
      const lines = [
        ...['create blacklist hash:net', 'create blacklist6 hash:net family inet6'],
        ...banned('ipv4').map((address) => `add blacklist ${address}`),
        ...banned('ipv6').map((address) => `add blacklist6 ${address}`),
      ];
      await lab.firewall.exec('ipset', ['-'], { input: `${lines.join('\n')}\n` });
    }
    for (const { command, input } of steps) {
      const [program = '', ...args] = command;
      await lab.firewall.exec(program, args, { input });
    }
    if (backend === 'nftables') {
      const lines = [
        `add element ${home} blacklist { ${banned('ipv4').join(', ')} }`,
        `add element ${home} blacklist6 { ${banned('ipv6').join(', ')} }`,
      ];
      const there = await lab.firewall.exec('nft', ['list', 'sets']);
      const wanted = lines.filter((_line, six) => six === 0 || there.includes('blacklist6'));
      await lab.firewall.exec('nft', ['-f', '-'], { input: `${wanted.join('\n')}\n` });
    }
  }

  /** Cables and addresses stay as they are from one ruleset to the next. */
  function hostFacts(forward: boolean): Promise<HostFacts> {
    const known = hosts.get(forward);
    if (known) return known;
    const found = gatherHost({
      read: (path) => lab.firewall.exec('cat', [path]),
      list: async (folder) => (await lab.firewall.exec('ls', [folder])).split('\n').filter(Boolean),
      addresses: () => Promise.resolve(ADDRESSES),
    });
    hosts.set(forward, found);
    return found;
  }

  async function askDoctor({ backend, home, forward }: Ruleset) {
    const rules = await gatherRules(run, () => hostFacts(forward));
    expect(rules.failed).toEqual([]);
    const [family, table] = home.split(' ');
    const listed = backend === 'ipset' ? await lab.firewall.exec('ipset', ['list', '-t']) : '';
    const judge = (which: 'ipv4' | 'ipv6') => {
      const set = setName(which === 'ipv4' ? 'blacklist' : 'blacklist6');
      const count = new RegExp(`^Name: ${set}\\n[^]*?^References: (\\d+)`, 'm').exec(listed)?.[1];
      const info: SetInfo = {
        ...{ set, type: 'hash:net', family: which, entries: 1, references: Number(count ?? 0) },
        ...{ defaultTimeoutSeconds: 0, maxEntries: 100 },
      };
      const facts = { set, companion: which === 'ipv6', family: which, info };
      const where = family !== undefined && table !== undefined ? { family, table } : {};
      const [found] = checkRules([facts], rules, backend, where);
      const target = { set, kind: backend, family: which, ...(home === '' ? {} : { home }) };
      const { open, excepted } = judgeSet(rules.tables, target, rules.host);
      return {
        ...{ level: found!.level, message: found!.message, remedy: found!.remedy },
        ...{ openings: [...open, ...excepted], excepts: open.length === 0 && excepted.length > 0 },
      };
    };
    return { ipv4: judge('ipv4'), ipv6: judge('ipv6') };
  }

  /** What the remedy says, as if vallumd was installed. */
  async function paste(remedy: string): Promise<void> {
    const [program, verb, ...args] = remedy.split(' ');
    if (program !== 'vallumd' || verb !== 'setup') {
      await lab.firewall.exec('sh', ['-ec', remedy]);
      return;
    }
    const io = {
      env: {},
      print: () => undefined,
      errors: { write: () => undefined, journal: false },
    };
    expect(await runSetup(args, io, run)).toBe(0);
  }

  async function probe(planned: readonly Planned[], waitMs: number): Promise<Set<number>> {
    const { firewall, inside, lan, outside } = lab.probers;
    const all = [firewall, outside, lan, inside];
    rounds += 1;
    await Promise.all(all.map((prober) => prober.begin(rounds)));
    const by = (who: Planned['prober']) => planned.filter(({ prober }) => prober === who);
    const answered = await Promise.all([
      outside.send(by('outside'), waitMs),
      lan.send(by('lan'), waitMs),
    ]);
    const arrived = await Promise.all(all.map((prober) => prober.arrived()));
    return new Set([...answered, ...arrived].flat());
  }
});

const DROPPED = { level: 'ok', message: expect.stringMatching(/^dropped on every way in/) };

const ADDRESSES = Object.entries(NETWORKS).flatMap(([link, { v4, v6 }]) => [
  hostAddress(`${v4}1`, `address of ${link}`),
  hostAddress(`${v4}255`, `broadcast of ${link}`),
  hostAddress(`${v6}1`, `address of ${link}`),
]);

const EMPTY = `*filter
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT
COMMIT
*mangle
:PREROUTING ACCEPT
COMMIT
*raw
:PREROUTING ACCEPT
COMMIT
`;
const RESET = `
iptables-legacy-restore <<'END'
${EMPTY}END
ip6tables-legacy-restore <<'END'
${EMPTY}END
nft flush ruleset
ipset flush
ipset destroy
echo ON > /proc/sys/net/ipv4/ip_forward
echo ON > /proc/sys/net/ipv6/conf/all/forwarding
`;

function name({ protocol, port, from, to, fromPort }: Planned): string {
  return `${protocol} ${from}${fromPort === undefined ? '' : `#${String(fromPort)}`} → ${to} ${String(port)}`;
}

function setName(text: string) {
  const set = parseSetName(text);
  if (!set.ok) throw new Error(set.detail);
  return set.value;
}

function hostAddress(text: string, because: string): HostAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return { address: parsed.value, because };
}
