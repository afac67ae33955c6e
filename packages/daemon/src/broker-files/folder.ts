import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { makeFolders, VallumError } from '@vallum/core';
import { quote } from '@vallum/options';

export const SECRET = 0o600;
export const PUBLIC = 0o644;

/** A folder of files that are made once, and never written over. */
export class Folder {
  readonly path: string;
  readonly #made: string[] = [];

  /** @throws VallumError `PERMISSION_DENIED` where somebody else could change or swap the files */
  constructor(path: string) {
    this.path = path;
    makeFolders(path, 0o700);
    const { mode, uid } = lstatSync(path);
    const own = process.getuid?.() ?? uid;
    if (!lstatSync(path).isDirectory() || uid !== own || (mode & 0o022) !== 0) {
      throw denied(
        `${quote(path)} is to hold keys, but others may write there: choose another folder`,
      );
    }
    const parent = lstatSync(dirname(path));
    if ((parent.mode & 0o002) !== 0 && (parent.mode & 0o1000) === 0) {
      throw denied(`everybody may write in ${quote(dirname(path))}: choose a folder elsewhere`);
    }
  }

  /** What was made or added to, relative to the folder. */
  get made(): readonly string[] {
    return [...new Set(this.#made)];
  }

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  has(...names: string[]): boolean {
    return existsSync(this.at(...names));
  }

  /** @returns '' where there is none */
  read(...names: string[]): string {
    return this.has(...names) ? readFileSync(this.at(...names), 'utf8') : '';
  }

  /** Whole or not at all, and only where there is none. */
  make(path: string, text: string, mode: number): void {
    if (!this.has(path)) this.#write(path, text, mode);
  }

  /** Puts something behind what is there; its mode stays. */
  append(path: string, text: string, mode: number): void {
    if (text === '') return;
    const before = this.read(path);
    const gap = before === '' || before.endsWith('\n') ? before : `${before}\n`;
    const kept = this.has(path) ? lstatSync(this.at(path)).mode & 0o777 : mode;
    this.#write(path, gap + text, kept);
  }

  #write(path: string, text: string, mode: number): void {
    const target = this.at(path);
    makeFolders(dirname(target), 0o700);
    const temporary = `${target}.${randomBytes(4).toString('hex')}`;
    writeFileSync(temporary, text, { mode, flag: 'wx' });
    renameSync(temporary, target);
    this.#made.push(relative(this.path, target));
  }
}

function denied(message: string): VallumError {
  return new VallumError(message, { code: 'PERMISSION_DENIED', operation: 'broker-files' });
}
