import type { Vallum } from '@vallum/core';
import type { Log } from '../log.js';
import { comparedSets, describeCompared, isInStep, type ComparedSet } from './compared-set.js';

/** Has a running node compare and mend now, and logs what each set came to. */
export async function compareNow(
  vallum: Pick<Vallum, 'reconcile' | 'status'>,
  log: Pick<Log, 'write'>,
): Promise<readonly ComparedSet[]> {
  log.write({
    level: 'info',
    event: 'reconcile',
    message: 'asked to compare: every set with the ledger, and the ledger with other nodes',
  });
  const compared = comparedSets(await vallum.reconcile(), vallum.status().sets);
  for (const set of compared) {
    log.write({
      level: isInStep(set) ? 'info' : 'warning',
      event: 'reconcile',
      message: `compared with the ledger: ${describeCompared(set)}`,
      fields: { ...set },
    });
  }
  return compared;
}
