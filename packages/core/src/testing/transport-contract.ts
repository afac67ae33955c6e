import type { ContractCase } from './contract-case.js';
import {
  createTransportBench,
  type TransportCase,
  type TransportContractOptions,
  type TransportSubject,
} from './transport-case.js';
import { connectionCases } from './transport-connection-cases.js';
import { deliveryCases } from './transport-delivery-cases.js';
import { publishingCases } from './transport-publishing-cases.js';

const CASES: readonly TransportCase[] = [...deliveryCases, ...publishingCases, ...connectionCases];

/**
 * What every transport has to do, as cases for any test runner:
 *
 *     for (const { title, run } of transportContract(open)) it(title, run);
 *
 * A case takes a second at most where attempts at a connection follow one another quickly.
 *
 * @param open gives clients of one broker for one case; called once a case, disposed of afterwards
 */
export function transportContract(
  open: () => Promise<TransportSubject>,
  { lacks = [] }: TransportContractOptions = {},
): ContractCase[] {
  return CASES.filter(({ feature }) => feature === undefined || !lacks.includes(feature)).map(
    (definition) => ({ title: definition.title, run: () => runCase(definition, open) }),
  );
}

async function runCase(
  definition: TransportCase,
  open: () => Promise<TransportSubject>,
): Promise<void> {
  const subject = await open();
  try {
    await definition.run(createTransportBench(subject));
  } finally {
    await subject.dispose();
  }
}
