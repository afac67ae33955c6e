import {
  createBench,
  type CaseDefinition,
  type ContractCase,
  type ContractOptions,
  type ContractSubject,
} from './contract-case.js';
import { SET_TYPES } from '../backend/backend.js';
import { changeCases } from './contract-changes.js';
import { columnCases } from './contract-columns.js';
import { commentCases } from './contract-comments.js';
import { limitCases } from './contract-limits.js';
import { newCases } from './contract-new.js';
import { outsideCases } from './contract-outside.js';
import { rangeCases } from './contract-ranges.js';
import { setCases } from './contract-sets.js';
import { testCases } from './contract-membership.js';
import { timeoutCases } from './contract-timeouts.js';

const CASES: readonly CaseDefinition[] = [
  ...setCases,
  ...changeCases,
  ...newCases,
  ...columnCases,
  ...limitCases,
  ...timeoutCases,
  ...rangeCases,
  ...commentCases,
  ...testCases,
  ...outsideCases,
];

/**
 * What every backend has to do, as cases for any test runner:
 *
 *     for (const { title, run } of backendContract(open)) it(title, run);
 *
 * @param open gives a backend for one case; called once a case, disposed of afterwards
 */
export function backendContract(
  open: () => Promise<ContractSubject>,
  options: ContractOptions = {},
): ContractCase[] {
  const types = options.types ?? SET_TYPES;
  const { lacks = [], outside = [] } = options;
  return CASES.filter(({ needs }) => needs.every((type) => types.includes(type)))
    .filter(({ feature }) => feature === undefined || !lacks.includes(feature))
    .filter(
      (definition) => definition.outside === undefined || outside.includes(definition.outside),
    )
    .map((definition) => ({
      title: definition.title,
      run: () => runCase(definition, open),
    }));
}

async function runCase(
  definition: CaseDefinition,
  open: () => Promise<ContractSubject>,
): Promise<void> {
  const subject = await open();
  try {
    await definition.run(createBench(subject));
  } finally {
    await subject.dispose();
  }
}
