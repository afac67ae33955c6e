import { findFolderHolder, VallumError } from '@vallum/core';
import { readContactFile } from '../contact/contact-file.js';
import type { ContactRecord } from '../contact/contact-record.js';
import { substituteFolder } from '../open-store.js';
import type { Settings } from '../settings.js';

/** What a running vallumd of these options leaves in its state folder. */
export interface DaemonFacts {
  readonly folder: string | undefined;
  /** Its id; `none`: nobody keeps state there; undefined: that cannot be seen. */
  readonly process: number | 'none' | undefined;
  readonly contact?: ContactRecord;
}

export async function gatherDaemon(
  { stateFolder, node }: Pick<Settings, 'stateFolder' | 'node'>,
  findHolder: (folder: string) => Promise<number | undefined> = findFolderHolder,
): Promise<DaemonFacts> {
  if (stateFolder === undefined) return { folder: undefined, process: undefined };
  // Where it may not use its own folder it works in another, and says so at its start.
  for (const folder of [stateFolder, substituteFolder(node)]) {
    let holder: number | undefined;
    try {
      holder = await findHolder(folder);
    } catch (error) {
      if (!(error instanceof VallumError)) throw error;
      return { folder: stateFolder, process: undefined };
    }
    if (holder === undefined) continue;
    const contact = await readContactFile(folder);
    return { folder, process: holder, ...(contact ? { contact } : {}) };
  }
  return { folder: stateFolder, process: 'none' };
}
