import { escapeForDisplay } from '@vallum/core';
import { finding, type BrokerFacts, type Finding } from '@vallum/doctor';

export interface RepairQuestion {
  readonly node: string;
  /** `T/sync` of each prefix, and the node's inbox. */
  readonly topics: readonly string[];
  /** What the running vallumd found out: whether what it says comes back; undefined: not known. */
  readonly heard: boolean | undefined;
}

/** Whether this node and the others can speak to each other about what they hold. */
export function checkRepair(
  { echoes }: BrokerFacts,
  { node, topics, heard }: RepairQuestion,
): Finding[] {
  const findings = topics.flatMap((topic): Finding[] => {
    const echo = echoes.find((one) => one.topic === topic);
    if (echo === undefined || echo.outcome === 'heard') return [];
    const shown = escapeForDisplay(topic);
    const remedy = `mosquitto acl_file: topic readwrite ${shown}`;
    const follows = 'what this node misses is not made up for';
    if (echo.outcome === 'refused' || echo.outcome === 'starved' || heard === false) {
      const what =
        echo.outcome === 'refused' ? 'may not write there' : 'does not get what it says there';
      return [finding('warning', 'repair', shown, `this node ${what}; ${follows}`, remedy)];
    }
    if (heard === true) return [];
    const why = echo.detail ?? 'over MQTT 3.1.1 what is forbidden is not told';
    return [
      finding(
        'unknown',
        'repair',
        shown,
        `what this node says there did not come back: ${why}`,
        remedy,
      ),
    ];
  });
  if (findings.length > 0 || echoes.length === 0 || topics.length === 0) return findings;
  return [finding('ok', 'repair', node, 'what it says to other nodes comes back to it')];
}
