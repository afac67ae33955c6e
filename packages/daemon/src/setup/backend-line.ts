import { randomBytes } from 'node:crypto';
import { chmod, chown, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Tool } from './choose-tool.js';

/** Which sets vallumd has to edit, so that the rules of a tool look them up. */
export function backendFor(tool: Tool): 'ipset' | 'nftables' {
  return tool === 'nftables' ? 'nftables' : 'ipset';
}

/** The file with the line behind all that the administrator wrote, which stays as it is. */
export function withBackendLine(text: string, tool: Tool): string {
  const end = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${end}\n# Written by vallumd setup, whose rules look up these sets.\nbackend: ${backendFor(tool)}\n`;
}

/**
 * Adds the line to a configuration file that lacks it, at once or not at all. Owner and mode stay.
 *
 * @param isRight whether vallumd would read the new file as it is meant; it may end in the middle of
 *   something that nothing can be put behind
 * @returns false where it does not go into this file
 * @throws what the file system says: the file is as it was
 */
export async function writeBackendLine(
  path: string,
  tool: Tool,
  isRight: (newPath: string) => Promise<boolean>,
): Promise<boolean> {
  // A link stays one.
  const target = await realpath(path);
  const stats = await stat(target);
  // Another file in the place of /dev/null would be no help to anybody.
  if (!stats.isFile()) return false;
  const { mode, uid, gid } = stats;
  const text = withBackendLine(await readFile(target, 'utf8'), tool);
  // Beside it, since a file can only be put in the place of another on the same file system.
  const draft = join(dirname(target), `.vallumd-setup-${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await chown(draft, uid, gid);
      await chmod(draft, mode & 0o7777);
      await file.sync();
    } finally {
      await file.close();
    }
    if (!(await isRight(draft))) return false;
    await rename(draft, target);
    return true;
  } finally {
    await rm(draft, { force: true });
  }
}
