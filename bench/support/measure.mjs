// Times whole processes, by bash: its `time` knows the processor time of a command and its children,
// which Node does not tell, and leaves out what starting bash took.
import { spawn } from 'node:child_process';

/**
 * @typedef {object} Command
 * @property {string} program
 * @property {readonly string[]} [args]
 * @property {Readonly<Record<string, string | undefined>>} [env] on top of the environment
 * @property {string} [input] a file, as standard input
 *
 * @typedef {object} Measured
 * @property {number} seconds from start to end
 * @property {number} cpuSeconds of the processor, user and system; the steadier figure on a machine
 *   that has other things to do
 */

const TIME = `
  exec 3>&2; TIMEFORMAT='%R %U %S'
  { time "$@" >/dev/null 2>&3 3>&-; } 2>&4
`;

/**
 * Runs a command once. One that fails is no measurement.
 *
 * @param {Command} command
 * @returns {Promise<Measured>}
 */
export async function measure({ program, args = [], env = {}, input = '/dev/null' }) {
  // NODE_EXTRA_CA_CERTS costs every start of Node about 45 ms, and SSL_CERT_FILE every use of TLS.
  const { NODE_EXTRA_CA_CERTS: _, SSL_CERT_FILE: __, ...environment } = process.env;
  const child = spawn('bash', ['-c', `exec <"$0"; ${TIME}`, input, program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'ignore', 'pipe'],
    env: { ...environment, LC_ALL: 'C', ...env },
  });
  const [complaint, times, code] = await Promise.all([
    textOf(child.stdio[2]),
    textOf(child.stdio[4]),
    new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve)),
  ]);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${complaint}`);
  const [real, user, system] = times.trim().split(' ').map(Number);
  return { seconds: real, cpuSeconds: user + system };
}

async function textOf(stream) {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}
