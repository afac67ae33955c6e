// The boundaries alone, without the rules that need types: for the test that proves them.
import tseslint from 'typescript-eslint';
import { boundaryRules } from './boundaries.mjs';

export default [
  { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser } },
  { files: ['**/*.ts'], ...boundaryRules },
];
