import type { Run } from '@vallum/core/backend';
import type { NodeReport, SetReport } from '../control/node-report.js';

type Drops = NonNullable<SetReport['dropped']>;

const SAVERS = ['iptables-save', 'ip6tables-save'];
/** `[12:720] -A INPUT -m set --match-set blacklist src -j DROP`, as iptables-save -c prints it. */
const RULE = /^\[(\d+):(\d+)\] -A .* -j (?:DROP|REJECT)\b/;
const MATCH = /(! )?--match-set (\S+) (\S+)/g;

/**
 * What rules of iptables that drop by a set have counted. The daemon itself may not read them, for want of
 * CAP_NET_RAW: root may.
 *
 * @returns by the set's name; a set that no rule drops by is not among it
 */
export function readDrops(saved: string): Map<string, Drops> {
  const drops = new Map<string, Drops>();
  for (const line of saved.split('\n')) {
    const [, packets, bytes] = RULE.exec(line) ?? [];
    if (packets === undefined || bytes === undefined) continue;
    const matches = [...line.matchAll(MATCH)];
    const [, not, set, way] = matches[0] ?? [];
    // What two sets together let through to the rule is of neither, and who is not in a set is not banned.
    if (set === undefined || not !== undefined || way !== 'src' || matches.length > 1) continue;
    const before = drops.get(set) ?? { packets: 0, bytes: 0 };
    drops.set(set, {
      packets: before.packets + Number(packets),
      bytes: before.bytes + Number(bytes),
    });
  }
  return drops;
}

/** The report with what the daemon could not count, where this user may read it. */
export async function addDrops(
  report: NodeReport,
  { run, isRoot }: { readonly run: Run; readonly isRoot: boolean },
): Promise<NodeReport> {
  const isWanted = ({ dropped, references = 0 }: SetReport) =>
    dropped === undefined && references > 0;
  if (!isRoot || !report.backend.startsWith('ipset') || !report.sets.some(isWanted)) return report;
  const found = new Map<string, Drops>();
  for (const saver of SAVERS) {
    try {
      const { code, stdout } = await run(saver, ['-c']);
      if (code === 0) for (const [set, drops] of readDrops(stdout)) found.set(set, drops);
    } catch {
      // It is not installed: then no rule of its is there either, as far as can be known.
    }
  }
  const sets = report.sets.map((set) => {
    const dropped = found.get(set.set);
    return dropped === undefined || !isWanted(set) ? set : { ...set, dropped };
  });
  return { ...report, sets };
}
