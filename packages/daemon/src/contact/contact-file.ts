import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readContactRecord, type ContactRecord } from './contact-record.js';

const NAME = 'contact.json';
const MOST_BYTES = 64 * 1024;

/** @returns undefined where there is none, or where it cannot be read or understood */
export async function readContactFile(folder: string): Promise<ContactRecord | undefined> {
  try {
    const text = await readFile(join(folder, NAME), 'utf8');
    return text.length > MOST_BYTES ? undefined : readContactRecord(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Puts a whole file in the place of the old one. It is told and not enforced: a crash of the machine may
 * lose the last minute of it, and nothing else.
 *
 * @throws of the file system
 */
export async function writeContactFile(folder: string, record: ContactRecord): Promise<void> {
  const path = join(folder, NAME);
  await writeFile(`${path}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
