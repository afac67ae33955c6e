// What proves that a mosquitto_sub listens, which tells nobody: the broker's own log.
import { existsSync, readFileSync } from 'node:fs';
import { start, waitUntil } from './processes.mjs';

/** Lines of mosquitto.conf. `1795681699: mosq-1x2y 1 blacklist/#` is what it writes then. */
export function loggingSubscriptions(log) {
  return [`log_dest file ${log}`, 'log_type subscribe'];
}

/** How many filters clients have subscribed to since the broker's start. */
export function subscriptionsIn(log) {
  return existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0;
}

/**
 * To be called before a subscriber starts.
 *
 * @param {{ subscriptions: () => number }} broker
 * @param {number} filters that it subscribes to
 * @returns waits until it has
 */
export function expectSubscriptions(broker, filters) {
  const wanted = broker.subscriptions() + filters;
  return () => waitUntil(() => broker.subscriptions() >= wanted, 'the subscription', 20_000);
}

/** Somebody who takes everything: without, nothing would count as arrived. */
export async function startListener(broker) {
  const listening = expectSubscriptions(broker, 1);
  const { child, ended } = start('mosquitto_sub', ['-p', `${broker.port}`, '-t', '#'], 'ignore');
  await listening();
  return {
    async stop() {
      child.kill();
      await ended;
    },
  };
}
