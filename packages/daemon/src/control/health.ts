import type { NodeReport } from './node-report.js';

/** Whether this node protects, for those who look on a schedule. */
export interface Health {
  readonly status: 'ok' | 'failing';
  /** What is wrong, a sentence each. */
  readonly reasons: readonly string[];
}

/**
 * `alive`: what is banned is blocked. A lost broker does not count: the bans that are there stay, and
 * starting the node anew would not bring it back. `ready`: new bans arrive as well.
 */
export function healthOf(report: NodeReport, question: 'alive' | 'ready'): Health {
  const reasons = report.attention
    .filter(
      ({ level, about }) => level === 'critical' && (question === 'ready' || about !== 'broker'),
    )
    .map(({ message }) => message);
  if (question === 'ready') {
    for (const { set, state } of report.sets) {
      if (state === 'unknown') reasons.push(`set ${set} has not been looked at yet`);
    }
  }
  return { status: reasons.length === 0 ? 'ok' : 'failing', reasons };
}
