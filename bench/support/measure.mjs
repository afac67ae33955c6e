// Times whole processes: wall clock, and the CPU seconds that they and their children used.
import { spawn } from 'node:child_process';

/**
 * @typedef {object} Command
 * @property {string} program
 * @property {readonly string[]} [args]
 * @property {Record<string, string | undefined>} [env] added to the environment
 * @property {string | Uint8Array} [input] on standard input
 *
 * @typedef {object} Measured
 * @property {number} seconds wall clock, from spawn to exit
 * @property {number} cpuSeconds user and system
 */

// NODE_EXTRA_CA_CERTS costs every start of Node about 45 ms.
const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;

/**
 * Runs a command once. A command that fails is no measurement.
 *
 * @param {Command} command
 * @returns {Promise<Measured>}
 */
export async function measure({ program, args = [], env = {}, input }) {
  const cpuBefore = process.resourceUsage();
  const begun = process.hrtime.bigint();
  const child = spawn(program, args, {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'pipe'],
    env: { ...environment, ...env },
  });
  let complaint = '';
  child.stderr.on('data', (bytes) => (complaint += bytes));
  if (input !== undefined) child.stdin.end(input);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${complaint}`);
  return { seconds, cpuSeconds: Number.NaN, cpuBefore };
}
