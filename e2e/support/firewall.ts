import {
  createNamespace,
  startMosquitto,
  waitFor,
  type Mosquitto,
  type MosquittoOptions,
  type Namespace,
  type RunningProcess,
} from '@vallum/test-kit';
import { holds } from './kernel-set.js';
import { mosquittoPub } from './mosquitto-clients.js';
import { startVallumd, type DaemonOptions } from './programs.js';

/** A network namespace with a broker in it, and what is done there. */
export interface Firewall {
  readonly namespace: Namespace;
  readonly broker: Mosquitto;
  ipset(...args: readonly string[]): Promise<string>;
  /** Runs vallumd as the node of this name; it says `listening to …` once it is of use. */
  start(node: string, topics: readonly string[], more?: DaemonOptions): Promise<RunningProcess>;
  pub(topic: string, payload: string | Uint8Array): Promise<void>;
  /** Waits until the kernel has an address in a set. */
  isHeld(set: string, address: string, timeoutMs: number): Promise<void>;
  /** Ends the broker and takes the namespace away. */
  remove(): Promise<void>;
}

export async function createFirewall(
  name: string,
  options: Omit<MosquittoOptions, 'namespace'> = {},
): Promise<Firewall> {
  const namespace = await createNamespace(name);
  const broker = await startMosquitto({ ...options, namespace });
  const connection = ['-h', '127.0.0.1', '-p', String(broker.port)];
  return {
    namespace,
    broker,
    ipset: (...args) => namespace.exec('ipset', args),
    start: (node, topics, more = {}) =>
      startVallumd([...connection, '--node', node, ...topics.flatMap((topic) => ['-t', topic])], {
        namespace,
        ...more,
      }),
    pub: (topic, payload) => mosquittoPub(namespace, broker, topic, payload),
    async isHeld(set, address, timeoutMs) {
      await waitFor(() => holds(set, address, namespace), {
        timeoutMs,
        intervalMs: 20,
        what: `${address} in ${set}`,
      });
    },
    async remove() {
      await broker.stop();
      await namespace.remove();
    },
  };
}
