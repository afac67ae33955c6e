// A Mosquitto of the benchmark's own, in its own network namespace.
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start, waitUntil } from './processes.mjs';
import { loggingSubscriptions, subscriptionsIn } from './subscriptions.mjs';

export const PORT = 1883;

/**
 * @param {string} folder for its configuration and a line for each subscription; nothing else of it touches the disk
 * @param {{ queue?: 'endless' | 'default' }} [options] `default`: what Mosquitto queues for a
 *   subscriber by itself, 1,000 messages; it drops those that come on top
 */
export async function startBroker(folder, { queue = 'endless' } = {}) {
  const file = join(folder, 'mosquitto.conf');
  const log = join(folder, 'subscriptions.log');
  rmSync(log, { force: true });
  writeFileSync(
    file,
    [
      ...(process.getuid() === 0 ? ['user root'] : []),
      `listener ${PORT} 127.0.0.1`,
      'allow_anonymous true',
      ...loggingSubscriptions(log),
      'persistence false',
      // Nothing may be dropped: what is not delivered is no throughput.
      ...(queue === 'endless' ? ['max_queued_messages 0'] : []),
      '',
    ].join('\n'),
  );
  const broker = start('mosquitto', ['-c', file], 'ignore');
  await waitUntil(answers, 'mosquitto answering', 10_000);
  return {
    pid: broker.pid,
    subscriptions: () => subscriptionsIn(log),
    async stop() {
      broker.child.kill('SIGTERM');
      await broker.ended;
    },
  };
}

function answers() {
  return new Promise((resolve) => {
    const socket = connect(PORT, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Runs `flood.mjs`.
 *
 * @returns {{ begun: Promise<number>, done: Promise<void> }} when the first message leaves, as
 *   `performance.now()`; and when the broker has all of them
 */
export function flood({ topic, qos, marker, list }) {
  const script = fileURLToPath(new URL('flood.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, topic, String(qos), marker, list], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const done = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`flood.mjs ended with ${code}`));
    });
  });
  const begun = new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve(performance.now()));
    done.catch(reject);
  });
  return { begun, done };
}
