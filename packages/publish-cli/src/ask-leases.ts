import { VallumError } from '@vallum/core';
import type { MqttOptions } from '@vallum/core/mqtt';
import { parseBinding } from '@vallum/core/protocol';
import { NotConnected, visitNodes } from './ask/visit-nodes.js';
import { unusableBroker } from './connect.js';
import type { PublishIo } from './publish-io.js';

export interface LeasesQuestion {
  readonly origin: string;
  /** Topic prefix. */
  readonly topic: string;
  readonly set: string;
  /** For a connection, and for each answer. */
  readonly waitSeconds: number;
  /** Where a file had a say in the broker. */
  readonly configPath: string | undefined;
}

/** What an origin has banned as nodes say it, in canonical form; or why that could not be found out. */
export type AskedLeases =
  | { readonly kind: 'told'; readonly addresses: readonly string[] }
  /** There is a broker, and nobody who tells. */
  | { readonly kind: 'unknown'; readonly detail: string }
  | { readonly kind: 'unreachable'; readonly detail: string; readonly isRefused: boolean };

/**
 * Asks all nodes what an origin has banned, over a connection of its own.
 *
 * @throws CommandFault where the broker cannot be meant
 */
export async function askLeases(
  broker: MqttOptions,
  { origin, topic, set, waitSeconds, configPath }: LeasesQuestion,
  { signal }: Pick<PublishIo, 'signal'>,
): Promise<AskedLeases> {
  const binding = parseBinding(`${topic}=${set}`);
  if (!binding.ok) return { kind: 'unknown', detail: binding.detail };
  try {
    const addresses = await visitNodes(
      ...([broker, binding.value, waitSeconds, signal] as const),
      ({ node, waiting }) => node.leasesOf(origin, waiting),
    );
    return { kind: 'told', addresses };
  } catch (error) {
    if (error instanceof NotConnected) {
      return { kind: 'unreachable', detail: error.message, isRefused: error.isRefused };
    }
    if (!(error instanceof VallumError)) throw error;
    if (error.code === 'INVALID_ARGUMENT') throw unusableBroker(error.message, configPath);
    return { kind: 'unknown', detail: error.message };
  }
}
