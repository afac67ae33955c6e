import type { MqttOptions } from '@vallum/core/mqtt';
import { count } from '../count.js';
import type { PublishIo } from '../publish-io.js';
import type { Report } from '../report.js';
import { UNSURE } from './difference.js';
import { loadState } from './state-file.js';
import type { SyncRequest } from './sync-request.js';
import { stateOfNodes, type SyncState } from './sync-state.js';

/** What is known of the last sync, and how. */
export interface KnownBefore {
  /** `nodes`: no state was there, and they said what the origin has banned. */
  readonly from: 'state' | 'nodes' | 'nobody';
  readonly state: SyncState | undefined;
}

/**
 * What this origin leases, as the state has it, or where there is none, as the nodes say it. Of another
 * broker's nodes the state knows nothing for sure.
 *
 * @param path of the state
 * @throws UnusableState
 */
export async function knownBefore(
  path: string,
  request: SyncRequest,
  broker: { readonly mqtt: MqttOptions; readonly name: string },
  io: PublishIo,
  report: Report,
): Promise<KnownBefore> {
  const state = loadState(path);
  if (state === 'damaged') report.complain(`${JSON.stringify(path)} is damaged and left aside`);
  if (state === undefined || state === 'damaged') return askNodes(request, broker, io, report);
  if (state.broker === broker.name) return { from: 'state', state };
  report.complain(
    `the last sync went to ${state.broker}: all of it is sent again, to ${broker.name}`,
  );
  const { stampMs, size } = state;
  const leased = new Map([...state.leased.keys()].map((address) => [address, UNSURE]));
  return { from: 'state', state: { broker: state.broker, stampMs, size, leased } };
}

async function askNodes(
  { origin, topic, publish }: SyncRequest,
  broker: { readonly mqtt: MqttOptions; readonly name: string },
  io: PublishIo,
  report: Report,
): Promise<KnownBefore> {
  const { askLeases } = await import('../ask-leases.js');
  const { set, waitSeconds } = publish;
  const asked = await askLeases(broker.mqtt, { origin, topic, set, waitSeconds }, io);
  if (asked.kind === 'unknown') {
    report.complain(
      `nothing is remembered of this list, and the nodes could not be asked (${asked.detail}): all of ` +
        'it counts as new, and what an earlier list had besides is not withdrawn but ends with its --ttl',
    );
    return { from: 'nobody', state: undefined };
  }
  const { addresses } = asked;
  if (addresses.length === 0) return { from: 'nodes', state: undefined };
  report.complain(
    `nothing is remembered of this list; the nodes know of ${count(addresses.length, 'ban')} of ${origin}, ` +
      'which count as the last one',
  );
  const nowSeconds = Math.floor((io.nowMs ?? Date.now)() / 1000);
  return { from: 'nodes', state: stateOfNodes(broker.name, addresses, nowSeconds) };
}
