import { fileURLToPath } from 'node:url';

const program = fileURLToPath(
  new URL('../../packages/publish-cli/bin/vallum-pub.js', import.meta.url),
);

/**
 * As the Debian package starts it: see docs/decisions/0010-vallum-pub-start.md.
 *
 * @param {readonly string[]} args
 * @param {string} [set]
 * @param {string} [spool] a folder; default: none, and above all not the machine's own
 * @returns {import('./measure.mjs').Command}
 */
export function vallumPub(args, set = 'blacklist', spool = undefined) {
  const keeping = spool === undefined ? ['--no-spool'] : ['--spool-dir', spool];
  return {
    program: process.execPath,
    args: ['--use-openssl-ca', program, 'add', '--set', set, ...keeping, ...args],
  };
}

/** The same message, as mosquitto_pub sends it: at the QoS that is vallum-pub's default. */
export function mosquittoPub(args) {
  return { program: 'mosquitto_pub', args: ['-q', '1', '-t', 'blacklist/add', ...args] };
}
