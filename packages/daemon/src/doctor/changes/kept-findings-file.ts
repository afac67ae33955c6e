import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isLevel } from '@vallum/doctor';
import { MOST_BYTES, parseObject } from './parse-object.js';
import type { KeptFindings } from './compare-findings.js';

/**
 * @returns undefined where there is none yet
 * @throws of the file system, and SyntaxError where it holds something else
 */
export async function readKeptFindings(path: string): Promise<KeptFindings | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { told, seen, changedAt } = parseObject(text);
  return {
    told: entriesOf(told, isLevel),
    seen: entriesOf(seen, isLevel),
    changedAt: entriesOf(changedAt, isTimes),
  };
}

/**
 * Puts a whole file in the place of the old one.
 *
 * @throws of the file system
 */
export async function writeKeptFindings(path: string, kept: KeptFindings): Promise<void> {
  const text = `${JSON.stringify(kept)}\n`;
  // What could not be read the next time would be told anew each time.
  if (text.length > MOST_BYTES) throw new Error('there are too many findings to keep');
  // Of this process alone: two doctors at once would rename or mix each other's.
  const fresh = `${path}.${process.pid.toString()}.new`;
  try {
    await writeFile(fresh, text, { mode: 0o600 });
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

function entriesOf<Value>(
  json: unknown,
  is: (value: unknown) => value is Value,
): Readonly<Record<string, Value>> {
  if (typeof json !== 'object' || json === null)
    throw new SyntaxError('not the findings of doctor');
  return Object.fromEntries(
    Object.entries(json).filter((entry): entry is [string, Value] => is(entry[1])),
  );
}

function isTimes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one));
}
