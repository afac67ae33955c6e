import { readFile } from 'node:fs/promises';

/** Of Linux for programs, whatever the kernel was built with (`getconf CLK_TCK`). */
const TICK_MS = 10;

/** The processor time that a process has used, in milliseconds: load of the machine does not count. */
export async function workedMs(pid: number): Promise<number> {
  // 1234 (node) S 1 1234 1234 0 -1 4194560 7077 0 27 0 65 12 0 0 20 0 11 0 12345 …
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return TICK_MS * (Number(fields[11]) + Number(fields[12]));
}
