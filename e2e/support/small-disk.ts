import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { endWithFile, mustRun, runProcess, temporaryFolder } from '@vallum/test-kit';

/** A disk of 24 MB that only those see who are told to: a tmpfs in a mount namespace of its own. */
export interface SmallDisk {
  readonly folder: string;
  /** In front of a program that shall see it. */
  readonly under: readonly string[];
  /** @throws Error where something is left of it all the same */
  fill(): Promise<void>;
  /** Takes away what `fill` has put there. */
  clear(): Promise<void>;
  /** Takes away everything. */
  empty(): Promise<void>;
  /** At the end of the test file at the latest. */
  remove(): Promise<void>;
}

export async function makeSmallDisk(): Promise<SmallDisk> {
  const folder = temporaryFolder();
  const mount = `mount -t tmpfs -o size=24m tmpfs ${folder} && echo up && exec cat`;
  const holder: ChildProcess = spawn('unshare', ['-m', 'sh', '-c', mount], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (holder.stdout) await once(holder.stdout, 'data');
  const remove = async () => {
    forget();
    const ended = once(holder, 'exit');
    if (holder.kill('SIGKILL')) await ended;
  };
  const forget = endWithFile(remove);
  const under = ['nsenter', '-t', String(holder.pid), '-m', '--'];
  const [program = '', ...args] = under;
  return {
    folder,
    under,
    async fill() {
      const { stderr } = await runProcess(program, [
        ...[...args, 'dd', 'if=/dev/zero', `of=${folder}/filler`, 'bs=4096'],
      ]);
      if (!stderr.includes('No space left')) throw new Error(`the disk did not fill: ${stderr}`);
    },
    async clear() {
      await mustRun(program, [...args, 'rm', '-f', `${folder}/filler`]);
    },
    async empty() {
      await mustRun(program, [...args, 'find', folder, '-mindepth', '1', '-delete']);
    },
    remove,
  };
}
