import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProcess, temporaryFolder, type Finished } from '@vallum/test-kit';

const program = fileURLToPath(new URL('../bin/vallum-pub.js', import.meta.url));

/** A call of the system, and which of its name it is in the thread that does the work. */
export interface SystemCall {
  readonly name: string;
  readonly nth: number;
}

/** `KILL` at its entry; or it fails, and does nothing. */
export type Fate = 'KILL' | 'EIO' | 'ENOSPC' | 'EROFS';

const env = { NODE_EXTRA_CA_CERTS: undefined, VALLUM_SPOOL: 'true' };

/** Change nothing outside of the process: whoever is killed there might as well be at the next call. */
const OF_ITS_OWN =
  /^(?:futex|madvise|mmap|munmap|mprotect|brk|rt_sig\w+|getpid|fstat|newfstatat|umask|fcntl|ioctl)$/;

/** The calls of one run of vallum-pub, from the one on that this matches, and that others can tell. */
export async function callsOf(
  args: readonly string[],
  from: RegExp,
): Promise<readonly SystemCall[]> {
  const trace = join(temporaryFolder(), 'trace');
  await runProcess('strace', ['-f', '-qq', '-o', trace, process.execPath, program, ...args], {
    env,
  });
  const lines = readFileSync(trace, 'utf8').split('\n');
  const [main = ''] = /^\d+/.exec(lines[0] ?? '') ?? [];
  const counts = new Map<string, number>();
  const calls: (SystemCall & { readonly line: string })[] = [];
  for (const line of lines) {
    // `30035 rename("…", "…") = 0`; the end of one that was interrupted is `30035 <... read resumed>…`.
    const [, thread, name] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (thread !== main || name === undefined) continue;
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    calls.push({ name, nth, line });
  }
  const first = calls.findIndex(({ line }) => from.test(line));
  return first < 0 ? [] : calls.slice(first).filter(({ name }) => !OF_ITS_OWN.test(name));
}

/** Runs vallum-pub until that call, and lets it end as it says. */
export function runUntil(
  { name, nth }: SystemCall,
  fate: Fate,
  args: readonly string[],
): Promise<Finished> {
  const what = fate === 'KILL' ? 'signal=KILL' : `error=${fate}`;
  const inject = `inject=${name}:${what}:when=${nth.toString()}`;
  const under = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${name}`, '-e', inject];
  return runProcess('strace', [...under, process.execPath, program, ...args], { env });
}

export const wasKilled = ({ code }: Finished) => code === null || code === 137;
