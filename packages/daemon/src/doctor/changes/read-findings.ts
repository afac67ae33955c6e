import { readFile } from 'node:fs/promises';
import { isLevel, type Finding } from '@vallum/doctor';
import { parseObject } from './parse-object.js';

/**
 * Reads what `vallumd doctor --json` has printed.
 *
 * @throws of the file system, and SyntaxError where it holds something else
 */
export async function readFindings(path: string): Promise<Finding[]> {
  const { findings } = parseObject(await readFile(path, 'utf8'));
  if (!Array.isArray(findings)) throw new SyntaxError('no findings in it');
  return findings.map((one: unknown): Finding => {
    if (typeof one !== 'object' || one === null) throw new SyntaxError('a finding is no object');
    const { level, check, subject, message, remedy } = one as Partial<Record<string, unknown>>;
    if (!isLevel(level) || !isText(check) || !isText(subject) || !isText(message)) {
      throw new SyntaxError('a finding lacks its level, check, subject or message');
    }
    return { level, check, subject, message, ...(isText(remedy) ? { remedy } : {}) };
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
