import {
  createBench,
  type CaseDefinition,
  type ContractCase,
  type ContractOptions,
  type ContractSubject,
} from './contract-case.js';
import { SET_TYPES } from '../backend/backend.js';
import { changeCases } from './contract-changes.js';
import { limitCases } from './contract-limits.js';
import { setCases } from './contract-sets.js';
import { timeoutCases } from './contract-timeouts.js';

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
  return [...setCases, ...changeCases, ...limitCases, ...timeoutCases]
    .filter(({ needs }) => needs.every((type) => types.includes(type)))
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
    await definition.run(createBench(subject.backend));
  } finally {
    await subject.dispose();
  }
}
