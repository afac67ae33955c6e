// Who takes messages off the broker: vallumd, mosquitto_sub alone, and what a user would write.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PORT } from './queueing-broker.mjs';
import { start, usedByAll, waitUntil } from './processes.mjs';
import { expectSubscriptions } from './subscriptions.mjs';

const vallumd = fileURLToPath(new URL('../../packages/daemon/bin/vallumd.js', import.meta.url));
export const MARKER = 'done';
// Where to look when a figure is not what it should be: a folder for profiles of vallumd.
const PROFILES = process.env.VALLUM_BENCH_PROFILES;
const profiling = PROFILES === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`];

/**
 * @typedef {object} Consumer
 * @property {number[]} pids
 * @property {() => Promise<void>} ready it has subscribed
 * @property {() => Promise<void>} stop
 * @property {() => import('./processes.mjs').Used} used
 */

/**
 * vallumd as it ships: a log line a ban, a ledger on disk, QoS 1, a persistent session.
 *
 * @param {{ folder: string, topics: readonly string[], backend?: string, node?: string,
 *   args?: readonly string[], nodeArgs?: readonly string[] }} options
 */
export async function startVallumd(options) {
  const { folder, topics, backend = 'ipset', node = 'bench' } = options;
  const { args = [], nodeArgs = profiling } = options;
  const log = join(folder, 'vallumd.log');
  const descriptor = openSync(log, 'w');
  const daemon = start(
    process.execPath,
    [
      ...nodeArgs,
      vallumd,
      ...['-h', '127.0.0.1', '-p', String(PORT), '--node', node, '--backend', backend],
      ...['--state-dir', join(folder, 'state'), '--no-protect-host'],
      ...topics.flatMap((topic) => ['-t', topic]),
      ...args,
    ],
    ['ignore', 'ignore', descriptor],
  );
  closeSync(descriptor);
  return consumer([daemon], {
    log: () => readFileSync(log, 'utf8'),
    async ready() {
      await waitUntil(
        () => topics.every((topic) => readFileSync(log, 'utf8').includes(`listening to ${topic}`)),
        'vallumd listening',
        20_000,
      );
    },
  });
}

const subscription = (topics, qos, clientId) => [
  ...['-h', '127.0.0.1', '-p', String(PORT), '-q', String(qos)],
  ...(clientId === undefined ? [] : ['-c', '-i', clientId]),
  ...topics.flatMap((topic) => ['-t', topic]),
];

/** mosquitto_sub that writes to /dev/null, and ends by itself after so many messages: the floor. */
export async function startFloor({ broker, topics, qos, count, clientId }) {
  const ready = expectSubscriptions(broker, topics.length);
  const args = [...subscription(topics, qos, clientId), '-C', String(count)];
  const subscriber = start('mosquitto_sub', args, ['ignore', 'ignore', 'inherit']);
  return consumer([subscriber], { ready });
}

/** `mosquitto_sub … | ipset -`: a topic names its set. */
export async function startPipeline({ broker, topics, qos, clientId }) {
  const ready = expectSubscriptions(broker, topics.length);
  const set = start('ipset', ['-exist', '-'], ['pipe', 'ignore', 'ignore']);
  const subscriber = start(
    'mosquitto_sub',
    [...subscription(topics, qos, clientId), '-F', 'add %t %p'],
    ['ignore', set.child.stdin, 'inherit'],
  );
  // The pipe is mosquitto_sub's alone, so that ipset ends with it.
  set.child.stdin.destroy();
  return consumer([subscriber, set], { ready });
}

function consumer(processes, more) {
  const pids = processes.map(({ pid }) => pid);
  return {
    pids,
    used: () => usedByAll(pids),
    ended: Promise.all(processes.map(({ ended }) => ended)),
    async stop() {
      processes[0].child.kill('SIGTERM');
      await Promise.all(processes.map(({ ended }) => ended));
    },
    ...more,
  };
}
