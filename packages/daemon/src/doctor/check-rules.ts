import { finding, type Finding } from '@vallum/doctor';
import type { Settings } from '../settings.js';
import { describeOpenings, describePlace } from '../firewall/describe-openings.js';
import type { RuleFacts } from '../firewall/gather-rules.js';
import { judgeSet, type Judgement } from '../firewall/judge-set.js';
import { isOwnPlace } from '../firewall/own-place.js';
import type { RuleTable } from '../firewall/ruleset.js';
import type { SetFacts } from './gather-sets.js';

/** Which tools told about the rules. */
export function checkRuleSources({ read, failed }: RuleFacts): Finding[] {
  const tools = read.join(', ');
  if (failed.length > 0) {
    const which = failed.map(({ tool, detail }) => `${tool}: ${detail}`).join('; ');
    const message = `not all rules can be read (${which})`;
    return [
      finding('unknown', 'firewall', 'rules', message, 'run it as root: sudo vallumd doctor'),
    ];
  }
  return read.length === 0
    ? [
        finding(
          'critical',
          'firewall',
          'rules',
          'neither iptables nor nftables is installed, so nothing can use the sets',
          'apt install iptables, or nftables',
        ),
      ]
    : [finding('ok', 'firewall', 'rules', `read with ${tools}`)];
}

/**
 * Whether packets from the addresses in a set are dropped on every way into this machine.
 *
 * @param kind what made the sets
 * @param table with nftables, the table that holds them: elsewhere their names mean other sets
 */
export function checkRules(
  sets: readonly SetFacts[],
  rules: RuleFacts,
  kind: RuleTable['sets'],
  table: Settings['backend']['table'] = {},
): Finding[] {
  const { family, table: name } = table;
  const home = family === undefined || name === undefined ? undefined : `${family} ${name}`;
  return sets.flatMap((facts) =>
    facts.info ? [checkUse(facts, facts.info.references, rules, { kind, home })] : [],
  );
}

interface Ours {
  readonly kind: RuleTable['sets'];
  readonly home: string | undefined;
}

function checkUse(facts: SetFacts, references: number, rules: RuleFacts, ours: Ours): Finding {
  const { set, family } = facts;
  // Beside the single addresses of an nftables set stand the prefixes; both have to be dropped. An ipset set
  // holds both, whatever a table of nftables beside it declares.
  const prefixes = `${set}-net`;
  const isApart =
    ours.kind === 'nftables' &&
    rules.tables.some(
      ({ home, declared }) => home === ours.home && declared?.has(prefixes) === true,
    );
  const names = isApart ? [set, prefixes] : [set];
  const found = names.map((name) => {
    const { kind, home } = ours;
    const target = { set: name, kind, family, ...(home !== undefined && { home }) };
    return { name, judgement: judgeSet(rules.tables, target, rules.host) };
  });
  const results = found.map(({ name, judgement }) =>
    toFinding(facts, name, judgement, references, rules, ours),
  );
  const worst = (['critical', 'warning', 'unknown', 'ok'] as const)
    .map((level) => results.find((result) => result.level === level))
    .find((result) => result !== undefined);
  return worst ?? finding('unknown', 'rules', set, 'not looked at');
}

function toFinding(
  facts: SetFacts,
  name: string,
  judgement: Judgement,
  references: number,
  rules: RuleFacts,
  ours: Ours,
): Finding {
  const { set, family, companion } = facts;
  const { open, undecided, drops, idle, wide, tooComplex } = judgement;
  const about = name === set ? '' : `prefixes (set ${name}): `;
  const remedy = deleteExceptions(judgement, ours) ?? setupCommand(set, ours);
  const say = (level: Finding['level'], message: string, what?: string) =>
    finding(level, 'rules', set, `${about}${message}`, what);
  const show = (openings: Judgement['open']) => describeOpenings(openings, family, rules.host);
  const missing = companion ? 'warning' : 'critical';

  if (drops.length === 0 && idle.length === 0) {
    if (rules.failed.length > 0) {
      const seen = `${counted(references, 'reference')}, by rules that cannot be read here`;
      return references > 0
        ? say('unknown', seen, 'sudo vallumd doctor')
        : say(missing, 'no rule refers to it, so that its bans do nothing', remedy);
    }
    return references > 0 && name === set
      ? say('unknown', `${counted(references, 'reference')}, from something that is not seen here`)
      : say(missing, 'no rule refers to it, so that its bans do nothing', remedy);
  }
  if (tooComplex) {
    return say('unknown', 'there are too many rules that lead to each other to follow them all');
  }
  if (open.length > 0) {
    const [first] = idle;
    if (rules.failed.length > 0) {
      const message = `banned addresses seem to get in, as far as rules can be read here: ${show(open)}`;
      return say('unknown', message, 'sudo vallumd doctor');
    }
    if (first)
      return say(
        missing,
        `${describeIdle(first)}, so banned addresses get in: ${show(open)}`,
        remedy,
      );
    const level = wide ? missing : 'warning';
    return say(level, `banned addresses still get in: ${show(open)}`, remedy);
  }
  if (undecided.length > 0) {
    const message = `whether banned addresses get in cannot be computed: ${show(undecided)}`;
    return say('unknown', message, remedy);
  }
  return excepted(judgement, ours, say, show, remedy) ?? say('ok', describeDrops(judgement, show));
}

function counted(count: number, what: string): string {
  return `${count.toString()} ${what}${count === 1 ? '' : 's'}`;
}

/** Addresses in another set get in: whose they are is not known, and they may be a whole country. */
function excepted(
  { excepted: openings }: Judgement,
  ours: Ours,
  say: (level: Finding['level'], message: string, remedy?: string) => Finding,
  show: (openings: Judgement['open']) => string,
  remedy: string,
): Finding | undefined {
  const friends = openings.filter(({ packets }) => packets.friends !== undefined);
  // The chain of setup has room for what the administrator excepts.
  const foreign = friends.filter(
    ({ packets }) => !isOwnPlace(packets.friends?.by.where ?? '', ours.home),
  );
  return foreign.length === 0
    ? undefined
    : say(
        'warning',
        `banned addresses get in where another set lets them: ${show(foreign)}`,
        remedy,
      );
}

function describeIdle({ where, text, why }: Judgement['idle'][number]): string {
  switch (why) {
    case 'unreached':
      return `its rule stands in ${where}, to which no chain leads`;
    case 'shadowed':
      return `its rule in ${where} is never reached`;
    case 'does-not-drop':
      return `a rule refers to it but does not drop what comes from its addresses (${describePlace({ where, text })})`;
  }
}

function describeDrops(
  judgement: Judgement,
  show: (openings: Judgement['open']) => string,
): string {
  const { ways, drops, excepted: openings, absent, establishedGoOn } = judgement;
  const where = [...new Set(drops.map((drop) => drop.where))];
  const places = where.slice(0, 4).join(', ') + (where.length > 4 ? ', …' : '');
  return [
    // Who only marks its packets leaves the dropping to another rule.
    `dropped on every way in (${ways.join(', ')})${places === '' ? '' : `, by ${places}`}`,
    ...(openings.length > 0 ? [`excepted: ${show(openings)}`] : []),
    ...(absent.length > 0 ? [`not on interfaces that are not there now: ${show(absent)}`] : []),
    ...(establishedGoOn ? ['connections that are already open go on'] : []),
  ].join('; ');
}

/**
 * What lets everybody in from setup's own chain or table is more than an exception, and setup leaves it
 * as it is: that has to be deleted by whoever put it there.
 *
 * @returns undefined where something else lets packets in
 */
function deleteExceptions({ open, undecided, drops }: Judgement, ours: Ours): string | undefined {
  if (drops.length === 0) return undefined;
  const commands = [...open, ...undecided].map(({ packets }) => {
    const { where = '', text = '', handle } = packets.doubt ?? packets.by ?? {};
    const [tool = '', ...place] = where.split(' ');
    if (tool === 'nft') {
      const own = handle !== undefined && where.startsWith(`nft ${ours.home ?? ''} `);
      return own ? `nft delete rule ${place.join(' ')} handle ${handle}` : undefined;
    }
    // Nothing that a shell would take for something else.
    if (!where.endsWith(' VALLUM') || !/^[\w .,:+/=@"-]*$/.test(text)) return undefined;
    return text.replace(/^-A /, `${tool} -t ${place[0] ?? ''} -D `);
  });
  const known = commands.filter((command) => command !== undefined);
  return known.length > 0 && known.length === commands.length
    ? [...new Set(known)].join(' && ')
    : undefined;
}

/** Puts a drop in front on every way in, and changes nothing that is there. */
function setupCommand(set: string, { kind, home = 'inet vallum' }: Ours): string {
  const [family = '', table = ''] = home.split(' ');
  const where = home === 'inet vallum' ? '' : ` --nft-family ${family} --nft-table ${table}`;
  return kind === 'nftables'
    ? `vallumd setup --rules nftables${where} --apply -t ${set}`
    : `vallumd setup --rules iptables --apply -t ${set}`;
}
