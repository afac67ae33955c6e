import { lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolders, openFileStore, VallumError, type LedgerStore } from '@vallum/core';
import { version } from './version.js';

/** Named where a newer version's journal is refused. */
const WRITER = `vallumd ${version}`;

export interface OpenStoreOptions {
  /** Where the ledger is kept; undefined: nowhere, by choice. */
  readonly folder: string | undefined;
  /** This node's name: several daemons of one machine fall back to folders of their own. */
  readonly node: string;
  readonly warn: (message: string, event: string) => void;
  /** Called with the folder that is this process's own now. */
  readonly opened?: (folder: string) => void;
  /** Default: the system's folder for temporary files. */
  readonly temporaryFolder?: string;
}

/**
 * Opens what keeps the ledger. Where the state folder cannot be used, one that lasts until the machine
 * is restarted takes its place: a message that was acknowledged has to survive a crash of vallumd.
 */
export async function openStore(options: OpenStoreOptions): Promise<LedgerStore | undefined> {
  const { folder, node, warn, temporaryFolder = tmpdir() } = options;
  if (folder === undefined) return undefined;
  const open = async (where: string) => {
    const store = await openFileStore(where, { writer: WRITER });
    options.opened?.(where);
    return store;
  };
  try {
    return await open(folder);
  } catch (error) {
    if (!(error instanceof VallumError)) throw error;
    const substitute = substituteFolder(node, temporaryFolder);
    const instead = await openSubstitute(substitute, open);
    warn(
      instead === undefined
        ? `${error.message}; nothing is kept on disk, so a message is acknowledged only once its bans ` +
            'are in the kernel (--state-dir names another folder)'
        : `${error.message}; until then the ledger is kept in ${substitute}, which does not outlast a ` +
            'restart of the machine (--state-dir names another folder)',
      'state-not-kept',
    );
    return instead;
  }
}

/** Where a vallumd of this user keeps its ledger that may not use its state folder. */
export function substituteFolder(node: string, temporaryFolder = tmpdir()): string {
  return join(temporaryFolder, `vallumd-${String(process.getuid?.() ?? 0)}-${node}`);
}

/** Anybody may make folders there: one that is not ours alone is not used. */
async function openSubstitute(
  folder: string,
  open: (folder: string) => Promise<LedgerStore>,
): Promise<LedgerStore | undefined> {
  try {
    makeFolders(folder, 0o700);
    const found = lstatSync(folder);
    const isOurs = found.isDirectory() && found.uid === process.getuid?.();
    if (!isOurs || (found.mode & 0o077) !== 0) return undefined;
    return await open(folder);
  } catch {
    return undefined;
  }
}
