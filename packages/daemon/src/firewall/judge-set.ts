import type { HostFacts } from './host-facts.js';
import { covers, intersect, unite, type IntervalSet } from './interval-set.js';
import { namesTarget, type Place, type Target } from './match-packets.js';
import { isNarrow, services, type Region } from './packet-space.js';
import type { RuleTable } from './ruleset.js';
import {
  findWaysIn,
  localAddresses,
  presentInterfaces,
  type Opening,
  type Way,
} from './ways-in.js';

/** What becomes of packets from the addresses of a set, as far as the rules tell. */
export interface Judgement {
  readonly ways: readonly Way[];
  /** For certain: whoever is banned gets in here. */
  readonly open: readonly Opening[];
  /**
   * Open to those banned addresses that another set holds too, or that a short list names; or since a
   * rule among ours says so, which only the administrator can have put there.
   */
  readonly excepted: readonly Opening[];
  /** Open at interfaces that are not there now. */
  readonly absent: readonly Opening[];
  /** A rule decides that cannot be computed. */
  readonly undecided: readonly Opening[];
  /** Every port of TCP is open on every interface: as good as no protection. */
  readonly wide: boolean;
  readonly tooComplex: boolean;
  /** Where the set's packets are dropped. */
  readonly drops: readonly Place[];
  /** Rules that name the set and drop nothing. */
  readonly idle: readonly (Place & { readonly why: 'unreached' | 'shadowed' | 'does-not-drop' })[];
  /** Connections that were there before the ban go on. */
  readonly establishedGoOn: boolean;
}

/** A note is not worth following a large ruleset twice. */
const CHEAP_STEPS = 100_000;

/** Follows the packets and sorts what was found. Pure. */
export function judgeSet(
  tables: readonly RuleTable[],
  target: Target,
  host?: HostFacts,
): Judgement {
  const { ways, openings, rules, tooComplex, steps } = findWaysIn(tables, target, host);
  const present = host && presentInterfaces(host);
  const there = present && host.interfaces ? namesOf(host.interfaces) : undefined;
  const local = host && localAddresses(host, target.family);
  const isMeant = ({ packets: { exception, friends, region } }: Opening): boolean =>
    friends !== undefined ||
    isNarrow(region.src) ||
    (exception !== undefined && !isWide(exception.region, present, local));
  const open: Opening[] = [];
  const excepted: Opening[] = [];
  const absent: Opening[] = [];
  const undecided: Opening[] = [];
  for (const opening of openings) {
    const { region, doubt } = opening.packets;
    if (!touches(region.oif, there)) continue;
    if (!touches(region.iif, present)) absent.push(opening);
    else if (doubt) undecided.push(opening);
    else if (isMeant(opening)) excepted.push(nameException(opening));
    else open.push(opening);
  }
  const found = [...rules.values()];
  const drops = found.filter(({ drops: dropping }) => dropping).map(({ place }) => place);
  return {
    ...{ ways, open, excepted, absent, undecided, tooComplex, drops },
    wide: open.some(
      ({ way, packets }) => way === 'input' && isWide(packets.region, present, local),
    ),
    idle: drops.length > 0 ? [] : idleRules(tables, target, rules),
    establishedGoOn:
      open.length === 0 &&
      steps < CHEAP_STEPS &&
      findWaysIn(tables, target, host, 'established').openings.some(
        (opening) => opening.packets.exception === undefined || !isMeant(opening),
      ),
  };
}

function touches(interfaces: IntervalSet | undefined, there: IntervalSet | undefined): boolean {
  if (interfaces === undefined || there === undefined) return true;
  return intersect(interfaces, there).length > 0;
}

function namesOf(interfaces: readonly string[]): IntervalSet {
  return unite(interfaces.map((name) => [name, `${name}\0`]));
}

/** A later rule may have let it in as well; what made the exception is to be named. */
function nameException(opening: Opening): Opening {
  const { exception } = opening.packets;
  return exception === undefined
    ? opening
    : { ...opening, packets: { ...opening.packets, by: exception.by } };
}

/** Every port of TCP, on every interface. */
function isWide(
  region: Region,
  present: IntervalSet | undefined,
  local: IntervalSet | undefined,
): boolean {
  if (region.sport !== undefined) return false;
  if (region.dst !== undefined && (!local || !covers(region.dst, local))) return false;
  if (region.service !== undefined && !covers(region.service, services(6))) return false;
  return (
    region.iif === undefined ||
    (present === undefined ? region.iif.length > 2 : covers(region.iif, present))
  );
}

function idleRules(
  tables: readonly RuleTable[],
  target: Target,
  seen: ReturnType<typeof findWaysIn>['rules'],
): Judgement['idle'] {
  return tables
    .filter(({ family }) => family === target.family)
    .flatMap((table) => {
      const entered = enteredChains(table);
      return [...table.chains].flatMap(([chain, rules]) =>
        rules
          .filter(({ references }) => references.some((one) => namesTarget(table, one, target)))
          .map((rule) => {
            const reached = seen.get(rule)?.reached === true;
            const why = reached
              ? ('does-not-drop' as const)
              : entered.has(chain)
                ? ('shadowed' as const)
                : ('unreached' as const);
            return { where: `${table.name} ${chain}`, text: rule.text, why };
          }),
      );
    });
}

/** The chains to which any way leads. */
function enteredChains(table: RuleTable): ReadonlySet<string> {
  const entered = new Set(table.bases.map(({ chain }) => chain));
  for (const chain of entered) {
    for (const { cases } of table.chains.get(chain) ?? []) {
      for (const { verdict } of cases) {
        if (verdict.kind === 'jump' || verdict.kind === 'goto') entered.add(verdict.chain);
      }
    }
  }
  return entered;
}
