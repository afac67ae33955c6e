import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, temporaryFolder } from '@vallum/test-kit';

/** A program `ipset` in front of the real one, which can be made slow or be robbed of its rights. */
export interface IpsetGate {
  /** For the environment of what shall find it. */
  readonly path: string;
  /** The kernel itself refuses: the program runs without CAP_NET_ADMIN. */
  forbid(): Promise<void>;
  /** Changes take two seconds. */
  delay(): Promise<void>;
  /** Nothing stands between any more. */
  clear(): Promise<void>;
}

export async function openIpsetGate(): Promise<IpsetGate> {
  const folder = temporaryFolder();
  const forbidden = join(folder, 'forbidden');
  const delayed = join(folder, 'delayed');
  const real = (await mustRun('sh', ['-c', 'command -v ipset'])).trim();
  const program = join(folder, 'ipset');
  await writeFile(
    program,
    `#!/bin/sh
[ "$1" = - ] && [ -e ${delayed} ] && sleep 2
[ -e ${forbidden} ] && exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin ${real} "$@"
exec ${real} "$@"
`,
  );
  await chmod(program, 0o755);
  return {
    path: `${folder}:${process.env['PATH'] ?? ''}`,
    forbid: () => writeFile(forbidden, ''),
    delay: () => writeFile(delayed, ''),
    async clear() {
      await rm(forbidden, { force: true });
      await rm(delayed, { force: true });
    },
  };
}
