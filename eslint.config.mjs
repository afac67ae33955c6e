import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { boundaryRules } from './lint/boundaries.mjs';

const typescript = ['**/*.ts', '**/*.tsx'];

export default tseslint.config(
  { ignores: ['**/dist/', '**/coverage/', '**/node_modules/', '**/.turbo/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,

  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...['console', 'process', 'Buffer', 'URL', 'setTimeout', 'clearTimeout'],
          ...['setInterval', 'clearInterval', 'performance', 'require', 'exports', 'module'],
        ].map((name) => [name, 'readonly']),
      ),
    },
    rules: { 'no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }] },
  },

  {
    files: typescript,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // A string taken apart for its code points is what the spread is for.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      // A number in a message reads the same with and without String().
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => socket.destroy()` as a callback says all that there is to say.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Fakes and no-op callbacks implement an interface, and are async where it is.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      eqeqeq: 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Name what you export: a default export has no name to search for.',
        },
      ],
    },
  },
  { files: typescript, ...boundaryRules },

  {
    files: ['**/*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // The console belongs to the programs, not to their library.
    files: ['packages/core/src/**/*.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['**/*.test.ts', '**/tests/**/*.ts', 'e2e/**/*.ts'],
    rules: {
      // What a test looks at is known to be there: when it is not, the test fails, as it should.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Matchers such as expect.any() are typed any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    // A case takes apart what it is given, and the harness and jest's mocks know no `this`.
    files: ['**/*.test.ts', '**/tests/**/*.ts', 'e2e/**/*.ts', 'packages/core/src/testing/**/*.ts'],
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },
);
