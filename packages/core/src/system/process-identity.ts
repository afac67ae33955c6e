import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Which process this is, for others to read: `1234 5678901 web1`, its id, the clock ticks from boot to
 * its start, and the host's name, which in a container is the container's.
 */
export function describeProcess(): string {
  const host = hostname().replace(/[^A-Za-z0-9._-]/g, '-');
  return `${String(process.pid)} ${startTime(process.pid) ?? ''} ${host}`;
}

/** True where the process of this id is the one that started then. */
export function isRunning(pid: number, started: string): boolean {
  return startTime(pid) === started;
}

/** Clock ticks since boot at which a process started: field 22 of `/proc/PID/stat`. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    // Field 2 is the program's name in parentheses and may hold spaces; field 3 follows the last ')'.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
