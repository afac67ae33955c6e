/** npm run test:long: what takes minutes stands in files of its own, and runs by itself. */
const long = process.env.VALLUM_TEST_LONG === '1';

/** What every package's tests share; each jest.config.mjs adds only what is its own. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // A real broker or kernel on a busy machine takes longer than jest's 5 s.
  testTimeout: 30_000,
  testMatch: [long ? '**/*.long.test.ts' : '**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', ...(long ? [] : ['\\.long\\.test\\.ts$'])],
};
