import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { mustRun } from '../src/process.js';

/** Where, what it imports, and what lint has to say of it: a part of its message, or nothing. */
const cases: [file: string, source: string, complaint: string | undefined][] = [
  ['packages/core/src/plan/x.ts', '../backend/backend.js', undefined],
  ['packages/core/src/plan/x.ts', '../backend/memory/x.js', 'no policy'],
  ['packages/core/src/plan/x.ts', '../enforce/x.js', 'no policy'],
  ['packages/core/src/plan/x.ts', './x.test.js', 'may not import a test'],
  ['packages/core/src/backend/backend.ts', './memory/x.js', 'no policy'],
  ['packages/core/src/backend/backend.ts', '../ledger/x.js', 'no policy'],
  ['packages/core/src/backend/ipset-process/x.ts', '../backend.js', undefined],
  ['packages/core/src/backend/ipset-process/x.ts', 'node:child_process', 'reaches the world'],
  ['packages/core/src/address/x.ts', '../message/x.js', 'no policy'],
  ['packages/core/src/words/x.ts', '../message/x.js', 'no policy'],
  ['packages/core/src/system/x.ts', '../address/x.js', 'no policy'],
  ['packages/core/src/lease/x.ts', '../ledger/x.js', 'no policy'],
  ['packages/core/src/ledger/x.ts', '../journal/x.js', 'no policy'],
  ['packages/core/src/policy/x.ts', '../node/x.js', 'no policy'],
  ['packages/core/src/enforce/x.ts', '../node/x.js', 'no policy'],
  ['packages/core/src/enforce/x.ts', '../backend/memory/x.js', 'no policy'],
  ['packages/core/src/message/x.ts', '../policy/x.js', 'no policy'],
  ['packages/core/src/ledger/x.ts', 'node:fs/promises', 'reaches the world'],
  ['packages/core/src/journal/file-store.ts', 'node:fs/promises', 'reaches the world'],
  ['packages/core/src/ledger/x.test.ts', 'node:fs/promises', undefined],
  ['packages/core/src/node/vallum.ts', '../mqtt/x.js', 'no policy'],
  ['packages/core/src/node/vallum.ts', 'mqtt', 'core/src/mqtt only'],
  ['packages/core/src/mqtt/x.ts', 'mqtt', undefined],
  ['packages/core/src/unknown-place/x.ts', '../words/errors.js', 'no policy'],
  ['packages/core/src/node/vallum.ts', '@vallum/options', 'may not import @vallum/options'],
  ['packages/options/src/x.ts', '@vallum/core', undefined],
  ['packages/options/src/x.ts', '@vallum/daemon', 'may not import @vallum/daemon'],
  ['packages/daemon/src/x.ts', '@vallum/core/mqtt', undefined],
  ['packages/daemon/src/x.ts', '../../core/src/node/vallum.js', 'no policy'],
  ['packages/daemon/src/x.ts', '@vallum/test-kit', 'may not import @vallum/test-kit'],
  ['packages/daemon/tests/x.test.ts', '@vallum/test-kit', undefined],
  ['packages/publish-cli/src/x.ts', '@vallum/daemon', 'may not import @vallum/daemon'],
  ['packages/fail2ban-action/src/x.ts', '@vallum/publish-cli', 'may not import @vallum/publish'],
  ['packages/fail2ban-action/src/x.test.ts', '@vallum/publish-cli', undefined],
];

const lintAll = `
import { ESLint } from 'eslint';
const eslint = new ESLint({ overrideConfigFile: 'lint/boundaries.config.mjs' });
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const said = [];
for (const [filePath, source] of JSON.parse(Buffer.concat(chunks))) {
  const [{ messages }] = await eslint.lintText(\`import '\${source}';\\n\`, { filePath });
  said.push(messages.map(({ message }) => message).join('; '));
}
console.log(JSON.stringify(said));
`;

describe('the boundaries that lint keeps', () => {
  let complaints: string[];

  beforeAll(async () => {
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const printed = await mustRun(process.execPath, ['--input-type=module', '-e', lintAll], {
      cwd: root,
      input: JSON.stringify(cases),
    });
    complaints = JSON.parse(printed) as string[];
  }, 60_000);

  it.each(cases.map(([file, source, complaint], index) => ({ file, source, complaint, index })))(
    'judge $source in $file',
    ({ complaint, index }) => {
      if (complaint === undefined) expect(complaints[index]).toBe('');
      else expect(complaints[index]).toContain(complaint);
    },
  );
});
