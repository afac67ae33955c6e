import type { SetPolicy } from '@vallum/core';
import { describeSpan } from './relative-time.js';

/** What a set's policy says, in the words of the configuration file: `quorum 2 by host`. */
export function describeSetPolicy(policy: SetPolicy): string[] {
  const { observe, quorum = 1, quorumBy = 'host', widen = {} } = policy;
  const { maxBanSeconds, minBanSeconds, escalateSeconds } = policy;
  const widths = Object.entries(widen).map(([family, width]) => `${family} to /${String(width)}`);
  return [
    ...(observe === true ? ['observe'] : []),
    ...(quorum > 1 ? [`quorum ${String(quorum)} by ${quorumBy}`] : []),
    ...(widths.length > 0 ? [`widen ${widths.join(', ')}`] : []),
    ...(minBanSeconds === undefined ? [] : [`min-ban ${describeSpan(minBanSeconds)}`]),
    ...(maxBanSeconds === undefined ? [] : [`max-ban ${describeSpan(maxBanSeconds)}`]),
    ...(escalateSeconds === undefined
      ? []
      : [`escalate ${escalateSeconds.map(describeSpan).join(', ')}`]),
  ];
}
