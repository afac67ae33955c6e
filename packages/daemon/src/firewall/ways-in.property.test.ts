import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { intersect, type IntervalSet } from './interval-set.js';
import { oneOf } from './packet-space.js';
import { parseIptablesSave } from './parse-iptables-save.js';
import { findWaysIn } from './ways-in.js';

/** A rule as it is made up here, apart from the parser and the walk that are tested. */
interface Made {
  readonly iif: 'eth0' | 'eth1' | undefined;
  readonly notIif: boolean;
  readonly protocol: 6 | 17 | undefined;
  readonly ports: readonly number[];
  readonly banned: boolean | undefined;
  readonly mark: number | undefined;
  readonly target: Target;
}
type Target =
  'ACCEPT' | 'DROP' | 'RETURN' | 'LOG' | `MARK ${number}` | `jump ${string}` | `goto ${string}`;
interface Packet {
  readonly iif: 'eth0' | 'eth1';
  readonly protocol: 6 | 17;
  readonly port: number;
}
type Chains = Readonly<Record<'INPUT' | 'A' | 'B' | 'C', readonly Made[]>>;

const TARGETS: readonly Target[] = [
  ...(['ACCEPT', 'DROP', 'RETURN', 'LOG', 'MARK 1', 'MARK 2', 'jump A', 'goto A'] as const),
  ...(['jump B', 'goto B', 'jump C', 'goto C', 'DROP'] as const),
];

/** Chains lead to later ones only, as the kernel wants it. */
function rulesOf(chain: 'INPUT' | 'A' | 'B' | 'C') {
  const allowed = TARGETS.filter((target) => {
    const next = /^(?:jump|goto) (\w)/.exec(target)?.[1];
    return next === undefined || chain === 'INPUT' || next > chain;
  });
  return fc.array(
    fc.record({
      iif: fc.constantFrom('eth0', 'eth1', undefined),
      notIif: fc.boolean(),
      protocol: fc.constantFrom(6, 17, undefined),
      ports: fc.subarray([1, 2, 3], { maxLength: 2 }),
      banned: fc.constantFrom(true, false, undefined, undefined),
      mark: fc.constantFrom(0, 1, 2, undefined, undefined, undefined),
      target: fc.constantFrom(...allowed),
    }),
    { maxLength: 5 },
  );
}

function write(chain: string, made: Made): string {
  const { iif, notIif, protocol, ports, banned, mark, target } = made;
  const [verb = '', name = ''] = target.split(' ');
  return [
    `-A ${chain}`,
    ...(iif ? [`${notIif ? '! ' : ''}-i ${iif}`] : []),
    ...(protocol ? [`-p ${String(protocol)}`] : []),
    ...(protocol && ports.length > 0 ? [`-m multiport --dports ${ports.join(',')}`] : []),
    ...(banned === undefined ? [] : [`-m set ${banned ? '' : '! '}--match-set S src`]),
    ...(mark === undefined ? [] : [`-m mark --mark ${String(mark)}`]),
    verb === 'jump'
      ? `-j ${name}`
      : verb === 'goto'
        ? `-g ${name}`
        : verb === 'MARK'
          ? `-j MARK --set-xmark ${name}/0xffffffff`
          : `-j ${verb}`,
  ].join(' ');
}

/** What the kernel does with one packet from a banned address, a rule at a time. */
function interpret(chains: Chains, policy: 'ACCEPT' | 'DROP', packet: Packet): boolean {
  let mark = 0;
  const walk = (name: string): 'ACCEPT' | 'DROP' | 'RETURN' => {
    for (const made of chains[name as keyof Chains]) {
      const { iif, notIif, protocol, ports, banned } = made;
      if (iif && (packet.iif === iif) === notIif) continue;
      if (protocol && packet.protocol !== protocol) continue;
      if (protocol && ports.length > 0 && !ports.includes(packet.port)) continue;
      if (banned === false) continue;
      if (made.mark !== undefined && made.mark !== mark) continue;
      const [verb, next = ''] = made.target.split(' ');
      if (verb === 'ACCEPT' || verb === 'DROP' || verb === 'RETURN') return verb;
      if (verb === 'MARK') mark = Number(next);
      if (verb === 'goto') return walk(next);
      if (verb !== 'jump') continue;
      const verdict = walk(next);
      if (verdict !== 'RETURN') return verdict;
    }
    return 'RETURN';
  };
  const verdict = walk('INPUT');
  return (verdict === 'RETURN' ? policy : verdict) === 'ACCEPT';
}

const PACKETS: readonly Packet[] = (['eth0', 'eth1'] as const).flatMap((iif) =>
  ([6, 17] as const).flatMap((protocol) => [1, 2, 3, 4].map((port) => ({ iif, protocol, port }))),
);

describe('following packets', () => {
  it('finds open what a packet after the other shows to be open, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.record({ INPUT: rulesOf('INPUT'), A: rulesOf('A'), B: rulesOf('B'), C: rulesOf('C') }),
        fc.constantFrom('ACCEPT' as const, 'DROP' as const),
        (chains, policy) => {
          const save = [
            ...['*filter', `:INPUT ${policy} [0:0]`, ':A - [0:0]', ':B - [0:0]', ':C - [0:0]'],
            ...Object.entries(chains).flatMap(([chain, rules]) =>
              rules.map((made) => write(chain, made)),
            ),
            'COMMIT',
          ].join('\n');
          const tables = parseIptablesSave(save, 'iptables', 'ipv4');
          const { openings } = findWaysIn(tables, { set: 'S', kind: 'ipset', family: 'ipv4' });
          const found = PACKETS.filter(({ iif, protocol, port }) =>
            openings.some(
              ({ packets: { region } }) =>
                holds(region.iif, [iif, `${iif}\0`]) &&
                holds(region.service, oneOf(protocol * 65536 + port)),
            ),
          );
          expect(found).toEqual(PACKETS.filter((packet) => interpret(chains, policy, packet)));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

function holds(set: IntervalSet | undefined, point: IntervalSet): boolean {
  return set === undefined || intersect(set, point).length > 0;
}
