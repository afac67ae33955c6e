import { fileURLToPath } from 'node:url';
import { start } from './processes.mjs';

const script = fileURLToPath(new URL('live-bans.mjs', import.meta.url));

/**
 * Runs `live-bans.mjs`.
 *
 * @param {string} set and the topic of the same name
 * @param {number} part of its addresses, 0 to 63: a run of its own each
 * @returns {{ begun: Promise<void>, end: () => Promise<{ times: number[], lost: number }> }}
 *   `begun`: it is connected; `end` asks it to, and waits for the last ban
 */
export function startLiveBans(set, part) {
  const { child, ended } = start(
    process.execPath,
    [script, set, String(part % 64)],
    ['pipe', 'pipe', 'inherit'],
  );
  let output = '';
  const begun = new Promise((resolve, reject) => {
    child.stdout.on('data', (bytes) => {
      output += bytes;
      resolve();
    });
    ended.then((code) => reject(new Error(`live-bans.mjs ended with ${code}`)), reject);
  });
  // Whoever waits for the end is told, too.
  begun.catch(() => undefined);
  const closed = new Promise((resolve) => child.stdout.once('close', resolve));
  return {
    begun,
    async end() {
      child.stdin.end();
      const code = await ended;
      if (code !== 0) throw new Error(`live-bans.mjs ended with ${code}`);
      await closed;
      return JSON.parse(output.slice(output.indexOf('\n') + 1));
    },
  };
}
