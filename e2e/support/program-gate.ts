import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, temporaryFolder } from '@vallum/test-kit';

/** A program in front of the real `ipset` or `nft`, which can be slow, hang, or be robbed of its rights. */
export interface ProgramGate {
  /** For the environment of what shall find it. */
  readonly path: string;
  /** The kernel itself refuses: the program runs without CAP_NET_ADMIN. */
  forbid(): Promise<void>;
  /** What is written to its standard input is read two seconds later. */
  delay(): Promise<void>;
  /** Whatever is asked, it never answers. */
  hang(): Promise<void>;
  /** Nothing stands between any more. */
  clear(): Promise<void>;
}

export async function openGate(name: 'ipset' | 'nft'): Promise<ProgramGate> {
  const folder = temporaryFolder();
  const forbidden = join(folder, 'forbidden');
  const delayed = join(folder, 'delayed');
  const hung = join(folder, 'hung');
  const real = (await mustRun('sh', ['-c', `command -v ${name}`])).trim();
  const program = join(folder, name);
  await writeFile(
    program,
    `#!/bin/sh
[ -e ${hung} ] && exec sleep 600
for last; do :; done
[ "$last" = - ] && [ -e ${delayed} ] && sleep 2
[ -e ${forbidden} ] && exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin ${real} "$@"
exec ${real} "$@"
`,
  );
  await chmod(program, 0o755);
  return {
    path: `${folder}:${process.env['PATH'] ?? ''}`,
    forbid: () => writeFile(forbidden, ''),
    delay: () => writeFile(delayed, ''),
    hang: () => writeFile(hung, ''),
    async clear() {
      for (const file of [forbidden, delayed, hung]) await rm(file, { force: true });
    },
  };
}
