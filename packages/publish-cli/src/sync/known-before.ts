import type { MqttOptions } from '@vallum/core/mqtt';
import { count } from '@vallum/options';
import { CommandFault } from '../command-fault.js';
import { ExitCode } from '../exit-codes.js';
import type { PublishIo } from '../publish-io.js';
import type { Report } from '../report.js';
import { UNSURE } from './difference.js';
import { loadState } from './state-file.js';
import type { SyncRequest } from './sync-request.js';
import { stateOfNodes, type SyncState } from './sync-state.js';

/** What is known of the list before, and how. */
interface ToldByNodes {
  readonly from: 'nodes' | 'nobody';
  readonly state: SyncState | undefined;
}

/**
 * What this origin leases, as the state of the last sync has it; undefined: there is none. Of another broker's nodes
 * it knows nothing for sure.
 *
 * @param path of the state
 * @param broker as people know it
 * @throws UnusableState
 */
export function rememberedState(
  path: string,
  broker: string,
  report: Report,
): SyncState | undefined {
  const state = loadState(path);
  if (state === 'damaged') report.complain(`${JSON.stringify(path)} is damaged and left aside`);
  if (state === undefined || state === 'damaged') return undefined;
  if (state.broker === broker) return state;
  report.complain(`the last sync went to ${state.broker}: all of it is sent again, to ${broker}`);
  const { stampMs, size } = state;
  const leased = new Map([...state.leased.keys()].map((address) => [address, UNSURE]));
  return { broker: state.broker, stampMs, size, leased };
}

/**
 * The same as the nodes say it, where nothing is remembered.
 *
 * @throws CommandFault where nobody can be asked, so that nothing could be sent either: the next sync begins anew
 */
export async function askNodes(
  { origin, topic, publish }: SyncRequest,
  broker: {
    readonly mqtt: MqttOptions;
    readonly name: string;
    readonly configPath: string | undefined;
  },
  io: PublishIo,
  report: Report,
): Promise<ToldByNodes> {
  const { askLeases } = await import('../ask-leases.js');
  const { set, waitSeconds } = publish;
  const { configPath } = broker;
  const question = { origin, topic, set, waitSeconds, configPath };
  const asked = await askLeases(broker.mqtt, question, io);
  if (io.signal?.aborted === true) throw new CommandFault('interrupted', ExitCode.interrupted);
  if (asked.kind === 'unreachable' && !publish.dryRun) {
    throw new CommandFault(
      `nothing is remembered of this list, and the nodes cannot be asked: ${asked.detail}`,
      asked.isRefused ? ExitCode.refused : ExitCode.unreachable,
    );
  }
  if (asked.kind !== 'told') {
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
