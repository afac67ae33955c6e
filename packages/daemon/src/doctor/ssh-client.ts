import { readFile } from 'node:fs/promises';

type Read = (path: string) => Promise<string>;

const GENERATIONS = 12;

/**
 * The address from which somebody is logged in here: `SSH_CONNECTION`, or where sudo has taken that
 * away, that of the shell it was called from. Only the ancestors of this process are looked at.
 */
export async function findSshClient(
  env: Readonly<Record<string, string | undefined>>,
  pid = process.ppid,
  read: Read = (path) => readFile(path, 'utf8'),
): Promise<string | undefined> {
  const own = clientOf(env['SSH_CONNECTION']);
  if (own !== undefined) return own;
  let ancestor = pid;
  for (let generation = 0; generation < GENERATIONS && ancestor > 1; generation += 1) {
    const folder = `/proc/${ancestor.toString()}`;
    const environment = await read(`${folder}/environ`).catch(() => '');
    const found = environment.split('\0').find((entry) => entry.startsWith('SSH_CONNECTION='));
    if (found !== undefined) return clientOf(found.slice('SSH_CONNECTION='.length));
    // `1234 (name with) blanks) S 1200 …`: the parent stands second behind the name.
    const stat = await read(`${folder}/stat`).catch(() => '');
    ancestor = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
  }
  return undefined;
}

/** `198.51.100.7 50022 192.0.2.1 22` (ssh(1)) */
function clientOf(connection: string | undefined): string | undefined {
  const client = connection?.split(' ', 1)[0];
  return client === undefined || client === '' ? undefined : client;
}
