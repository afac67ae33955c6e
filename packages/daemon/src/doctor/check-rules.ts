import { finding, type Finding } from '@vallum/doctor';
import type { RuleFacts } from '../firewall/gather-rules.js';
import type { SetFacts } from './gather-sets.js';
import type { RuleTable } from '../firewall/ruleset.js';
import { traceSet } from '../firewall/trace-set.js';

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

/** Whether packets from the addresses in a set are dropped. @param kind what made the sets */
export function checkRules(
  sets: readonly SetFacts[],
  rules: RuleFacts,
  kind: RuleTable['sets'],
): Finding[] {
  return sets.flatMap((facts) =>
    facts.info ? [checkUse(facts, facts.info.references, rules, kind)] : [],
  );
}

function checkUse(
  { set, family, companion }: SetFacts,
  references: number,
  rules: RuleFacts,
  kind: RuleTable['sets'],
): Finding {
  const use = traceSet(rules.tables, set, kind, family);
  const missing = companion ? 'warning' : 'critical';
  const remedy = addRule(set, family, kind);
  switch (use.kind) {
    case 'dropping':
      return use.partly
        ? finding(
            'warning',
            'rules',
            set,
            `only a part of the traffic is looked at: the rule in ${use.where} has other conditions`,
            remedy,
          )
        : finding('ok', 'rules', set, `dropped in ${use.where} (${use.hooks.join(', ')})`);
    case 'shadowed':
      return finding(
        missing,
        'rules',
        set,
        `its rule in ${use.where} is never reached, since this one comes before it: ${use.by}`,
        remedy,
      );
    case 'unreached':
      return finding(
        missing,
        'rules',
        set,
        `its rule stands in ${use.where}, to which no chain leads`,
        remedy,
      );
    case 'not-dropping':
      return finding(
        missing,
        'rules',
        set,
        `a rule in ${use.where} refers to it but does not drop what comes from its addresses: ${use.rule}`,
        remedy,
      );
    case 'unused':
  }
  if (references === 0) {
    const message = 'no rule refers to it, so that its bans do nothing';
    return finding(missing, 'rules', set, message, remedy);
  }
  const message = `${references.toString()} references, from something that is not seen here`;
  return rules.failed.length > 0
    ? finding('ok', 'rules', set, `${message}; as root vallumd doctor reads the rules`)
    : finding('unknown', 'rules', set, `${message}: not from iptables or nftables`, remedy);
}

function addRule(set: string, family: SetFacts['family'], kind: RuleTable['sets']): string {
  return kind === 'nftables'
    ? `vallumd setup --rules nftables --apply -t ${set}`
    : `${family === 'ipv4' ? 'iptables' : 'ip6tables'} -I INPUT -m set --match-set ${set} src -j DROP`;
}
