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

export default {
  ...base,
  // Coverage is asked for after each file, of all that its process has ever loaded: a process that sees 180
  // files spends most of its time on that. Beyond this, the next files get a new one.
  workerIdleMemoryLimit: '400MB',
  coverageThreshold: {
    './src/message/': decisive,
    './src/policy/': decisive,
    './src/plan/': inColumns,
  },
};
