import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolders } from '@vallum/core';
import { CommandFault } from '../command-fault.js';
import { ExitCode } from '../exit-codes.js';
import { formatState, parseState, type SyncState } from './sync-state.js';

/** The state folder cannot be used; the message says why and what to do. */
export class UnusableState extends CommandFault {
  override readonly name = 'UnusableState';

  constructor(message: string, options?: ErrorOptions) {
    super(message, ExitCode.state, options);
  }
}

/**
 * Where the state of a list is kept. Origins are safe in file names; topics need not be, and a file
 * name has 255 bytes at most.
 */
export function stateFile(folder: string, topic: string, origin: string): string {
  const digest = createHash('sha256').update(topic).digest('hex').slice(0, 12);
  return join(folder, `${origin}-${digest}.sync`);
}

/**
 * @returns undefined where there is none; `damaged` where it cannot be understood
 * @throws UnusableState
 */
export function loadState(path: string): SyncState | 'damaged' | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unusable(path, error);
  }
  return parseState(text) ?? 'damaged';
}

/**
 * Keeps a state: afterwards the old one or the new one is there, whatever happens meanwhile.
 *
 * @throws UnusableState
 */
export function saveState(folder: string, path: string, state: SyncState): void {
  try {
    const next = `${path}.new`;
    const file = openSync(next, 'w', 0o600);
    try {
      writeFileSync(file, formatState(state));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(next, path);
    const directory = openSync(folder, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch (error) {
    throw unusable(path, error);
  }
}

/** @throws UnusableState */
export function makeStateFolder(folder: string): void {
  try {
    makeFolders(folder, 0o700);
  } catch (error) {
    throw unusable(folder, error);
  }
}

export function unusable(path: string, cause: unknown): UnusableState {
  const why = WHY[codeOf(cause)] ?? `cannot be used (${codeOf(cause)})`;
  return new UnusableState(`${JSON.stringify(path)} ${why}`, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

const NOT_ALLOWED = 'may not be written by this user; --state-dir names another folder';
const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'is not there, and cannot be made; --state-dir names another folder',
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: 'is on a file system that may only be read; --state-dir names another folder',
  ENOSPC: 'cannot be written: the disk is full',
  ENOTDIR: 'is no folder; --state-dir names another one',
  EEXIST: 'is no folder; --state-dir names another one',
};
