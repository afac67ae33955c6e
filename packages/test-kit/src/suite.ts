import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Need, whyMissing } from './needs.js';

/** One line of `VALLUM_SKIP_LOG/<pid>.jsonl`; `npm test` lists them at its end. */
export interface SkippedSuite {
  readonly package: string;
  /** Relative to the package's folder. */
  readonly file: string;
  readonly suite: string;
  readonly missing: readonly { readonly need: Need; readonly why: string }[];
}

/**
 * Describes a suite that needs something of the machine. Where that is missing, the suite is
 * skipped under a name that says so and the skip is recorded; with VALLUM_REQUIRE_ALL=1 it is a
 * failing test instead, so that a CI machine cannot lose a tool unnoticed.
 */
export function suiteNeeding(needs: readonly Need[], name: string, body: () => void): void {
  const reasons = whyNot(needs, name);
  if (reasons === undefined) describe(name, body);
  else if (isAllRequired()) describe(name, () => failing(`finds ${needs.join(', ')}`, reasons));
  else describe.skip(`${name} [skipped: ${reasons}]`, body);
}

/** The same for a single test among others that need less. */
export function testNeeding(needs: readonly Need[], name: string, body: () => Promise<void>): void {
  const reasons = whyNot(needs, name);
  if (reasons === undefined) it(name, body);
  else if (isAllRequired()) failing(name, reasons);
  else it.skip(`${name} [skipped: ${reasons}]`, body);
}

/** What is missing, in one line, and recorded; undefined where all is there. */
function whyNot(needs: readonly Need[], name: string): string | undefined {
  const missing = needs.flatMap((need) => {
    const why = whyMissing(need);
    return why === undefined ? [] : [{ need, why }];
  });
  if (missing.length === 0) return undefined;
  if (!isAllRequired()) record({ suite: name, missing });
  return [...new Set(missing.map(({ why }) => why))].join('; ');
}

const isAllRequired = () => process.env['VALLUM_REQUIRE_ALL'] === '1';

function failing(name: string, reasons: string): void {
  it(name, () => {
    throw new Error(`VALLUM_REQUIRE_ALL=1 forbids to skip this, but: ${reasons}`);
  });
}

function record(skip: Pick<SkippedSuite, 'suite' | 'missing'>): void {
  const folder = process.env['VALLUM_SKIP_LOG'];
  if (folder === undefined || folder === '') return;
  const root = process.cwd();
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string };
  const line: SkippedSuite = {
    package: manifest.name,
    file: relative(root, expect.getState().testPath ?? ''),
    ...skip,
  };
  mkdirSync(folder, { recursive: true });
  appendFileSync(join(folder, `${String(process.pid)}.jsonl`), `${JSON.stringify(line)}\n`);
}
