// Child processes, and what they have used.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

// NODE_EXTRA_CA_CERTS costs every start of Node about 45 ms.
const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;

// Of every Linux that Node runs on (sysconf(_SC_CLK_TCK)).
const TICKS_A_SECOND = 100;

/** @typedef {{ cpuSeconds: number, peakMegabytes: number }} Used */

/** What a live process has in memory now. @returns {number} MB */
export function residentMegabytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/**
 * Runs a program that has to succeed.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ input?: string, stdin?: number }} [options] `stdin`: an open file
 * @returns {Promise<{ seconds: number, stdout: string }>} wall clock, from spawn to exit
 */
export async function run(program, args, { input, stdin } = {}) {
  const begun = performance.now();
  const child = spawn(program, args, {
    env: { ...environment, LC_ALL: 'C' },
    stdio: [stdin ?? (input === undefined ? 'ignore' : 'pipe'), 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes) => (stdout += bytes));
  child.stderr.on('data', (bytes) => (stderr += bytes));
  if (input !== undefined) child.stdin.end(input);
  const [code, exited] = await new Promise((resolve, reject) => {
    let at = 0;
    child.once('error', reject);
    child.once('exit', () => (at = performance.now()));
    child.once('close', (status, signal) => resolve([status ?? signal, at]));
  });
  if (code !== 0) {
    throw new Error(`${program} ${args.join(' ').slice(0, 200)} ended with ${code}: ${stderr}`);
  }
  return { seconds: (exited - begun) / 1000, stdout };
}

/**
 * Starts a program that goes on.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').StdioOptions} stdio
 */
export function start(program, args, stdio) {
  const child = spawn(program, args, { env: { ...environment, LC_ALL: 'C' }, stdio });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  ended.catch(() => undefined);
  return { child, pid: child.pid, ended };
}

/** What a live process has used so far. @returns {Used} */
export function usedBy(pid) {
  // 4242 (a name) S 1 …: utime and stime are fields 14 and 15 (proc(5)); the name may hold blanks.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND,
    peakMegabytes: Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024,
  };
}

/** @param {readonly number[]} pids @returns {Used} */
export function usedByAll(pids) {
  const each = pids.map(usedBy);
  return {
    cpuSeconds: each.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    peakMegabytes: each.reduce((sum, { peakMegabytes }) => sum + peakMegabytes, 0),
  };
}

/** Asks again and again, every few milliseconds. */
export async function waitUntil(condition, what, timeoutMs = 60_000, everyMs = 5) {
  const end = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what} did not happen in ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
