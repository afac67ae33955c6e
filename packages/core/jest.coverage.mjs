import base from '../../jest.config.base.mjs';

/** The parts that decide what is banned: no branch of them should be a surprise. */
const decisive = { branches: 95 };
/**
 * Where columns are read, `?? 0` stands behind every index for the type checker, and counts as a branch
 * that nothing can take: there lines tell more. One function that reads a column would have the branch
 * once, but it would read arrays of every kind, and V8 keeps its kinds by function: each loop that calls it
 * would get slow.
 */
const inColumns = { lines: 98, branches: 80 };

/**
 * How much of the decisive folders their own tests take, and those of the engine above them. Counting makes
 * a run half as long again, so only these are run for it.
 */
export default {
  ...base,
  testMatch: ['message', 'policy', 'plan', 'enforce'].map(
    (folder) => `**/src/${folder}/**/*.test.ts`,
  ),
  collectCoverage: true,
  collectCoverageFrom: [
    'src/{message,policy,plan}/**/*.ts',
    '!src/**/*.test.ts',
    '!src/**/index.ts',
  ],
  coverageProvider: 'v8',
  coverageReporters: ['text', 'text-summary'],
  coverageThreshold: {
    './src/message/': decisive,
    './src/policy/': decisive,
    './src/plan/': inColumns,
  },
};
