import type { MqttOptions } from '@vallum/core/mqtt';
import { topicFor } from '@vallum/core/protocol';
import { wayTo } from '../connect.js';
import { describeStop, describeUnheard, exitCodeOf } from '../describe-outcome.js';
import { ExitCode } from '../exit-codes.js';
import type { PublishIo } from '../publish-io.js';
import type { Report } from '../report.js';
import { Tally } from '../tally.js';
import { bringInStep } from './bring-in-step.js';
import { describeLeftOut, nameChanges, summarize } from './describe-sync.js';
import { findDifference } from './difference.js';
import type { FetchDeps } from './fetch-list.js';
import { askNodes, rememberedState } from './known-before.js';
import { listName, readListText } from './read-list.js';
import { listFault } from './refuse-list.js';
import { sendChanges, type SentChanges } from './send-changes.js';
import { makeStateFolder, saveState, stateFile } from './state-file.js';
import { lockState } from './sync-lock.js';
import type { SyncRequest } from './sync-request.js';
import type { SyncState } from './sync-state.js';
import { readWanted, type WantedList } from './wanted-list.js';

interface Broker {
  readonly mqtt: MqttOptions;
  /** For people, and to know another one by. */
  readonly name: string;
  readonly column: string | undefined;
  /** Of what a file said of it. */
  readonly configPath: string | undefined;
}

interface World {
  readonly io: PublishIo;
  readonly report: Report;
  readonly fetch: FetchDeps;
}

/**
 * Brings what an origin leases in step with its list.
 *
 * @throws CommandFault
 */
export async function synchronize(
  request: SyncRequest,
  broker: Broker,
  world: World,
): Promise<ExitCode> {
  const { stateFolder, topic, origin, publish } = request;
  const path = stateFile(stateFolder, topic, origin);
  if (publish.dryRun) return step(request, broker, world, path);
  makeStateFolder(stateFolder);
  const unlock = await lockState(stateFolder, path);
  try {
    return await step(request, broker, world, path);
  } finally {
    await unlock();
  }
}

async function step(
  request: SyncRequest,
  broker: Broker,
  world: World,
  path: string,
): Promise<ExitCode> {
  const { io, report } = world;
  const { publish, topic, origin, ttlSeconds } = request;
  const name = listName(request);
  Object.assign(report.facts, { action: 'sync', set: publish.set, topic, origin, list: name });
  const remembered = rememberedState(path, broker.name, report);
  const read = await readListText(request, broker.column, remembered, io, world.fetch);
  const { from, state: before } =
    remembered === undefined
      ? await askNodes(request, broker, io, report)
      : { from: 'state', state: remembered };
  const wanted =
    read.kind === 'unchanged' ? asBefore(before) : parse(request, name, read.text, report);
  Object.assign(report.facts, { entries: wanted.addresses.length, bad: wanted.bad, before: from });

  const fault = listFault(wanted, before?.size ?? 0);
  if (fault !== undefined && !request.force) {
    report.complain(
      `${name} is refused, and nothing was sent: ${fault}. --force sends it all the same`,
    );
    return ExitCode.refusedList;
  }
  const nowMs = (io.nowMs ?? Date.now)();
  const nowSeconds = Math.floor(nowMs / 1000);
  const difference = findDifference(before?.leased ?? new Map<string, number>(), wanted.addresses, {
    nowSeconds,
    ttlSeconds,
  });
  const { added, renewed, withdrawn, unchanged } = difference;
  Object.assign(report.facts, { added, withdrawn, renewed: renewed.length, unchanged });
  const summary = summarize(name, wanted.addresses.length, difference);
  const leftOut = describeLeftOut(wanted);
  const say = (how: string) => {
    report.succeed(`${summary}${how}`);
    for (const line of [...nameChanges(difference), ...(leftOut ? [leftOut] : [])])
      report.succeed(line);
  };
  const good = wanted.bad > 0 ? ExitCode.badInput : ExitCode.ok;
  if (publish.dryRun) {
    say(' (not sent: --dry-run)');
    return good;
  }

  const sent: { changes?: SentChanges } = {};
  const inStep = await bringInStep(
    {
      ...{ before, broker: broker.name, difference, nowMs, ttlSeconds },
      size: wanted.addresses.length,
      validators: read.kind === 'unchanged' ? before?.validators : read.validators,
    },
    {
      save: (state) => {
        saveState(request.stateFolder, path, state);
      },
      send: async (changes, confirmed) => {
        const { mqtt, configPath } = broker;
        const transport = await wayTo(mqtt, io, { waitMs: publish.waitSeconds * 1000, configPath });
        sent.changes = await sendChanges(changes, request, transport, confirmed, { io, report });
      },
    },
  );
  if (!inStep) return notInStep(request, broker.name, report, sent.changes);
  say(sent.changes === undefined ? '' : ` (confirmed by ${broker.name})`);
  return good;
}

/** The list has not changed, so it is what was brought in step. */
function asBefore(before: SyncState | undefined): WantedList {
  const addresses = [...(before?.leased.keys() ?? [])];
  return { addresses, repeated: 0, bad: 0, cover: { ipv4: 0, ipv6: 0 } };
}

function parse(request: SyncRequest, name: string, text: string, report: Report): WantedList {
  const { readLine, publish } = request;
  const complaints = new Tally(report.complain);
  const rules = { name: name.slice(name.lastIndexOf('/') + 1), readLine };
  const wanted = readWanted(
    text,
    { ...rules, minPrefixLength: publish.minPrefixLength },
    (entry) => {
      complaints.rejected(entry);
    },
  );
  complaints.close();
  Object.assign(report.facts, { rejections: complaints.rejections });
  return wanted;
}

/** Says what is open, and that the next sync goes on from there. */
function notInStep(
  { publish, topic, ttlSeconds }: SyncRequest,
  broker: string,
  report: Report,
  sent: SentChanges | undefined,
): ExitCode {
  const request = {
    ...publish,
    action: 'ban' as const,
    topic: topicFor(topic, 'ban'),
    terms: { timeoutSeconds: ttlSeconds },
  };
  const next = 'the list is not in step; the next sync sends what is missing';
  if (sent?.outcome.kind === 'stopped') {
    const [first = ''] = describeStop(request, sent.outcome, sent.tally, broker);
    report.complain(first);
    report.complain(next);
    return exitCodeOf(sent.outcome.cause);
  }
  if (sent !== undefined && sent.tally.unheard.entries > 0) {
    report.complain(describeUnheard(request, sent.tally, broker));
    return ExitCode.unheard;
  }
  report.complain(`${broker} takes QoS 0 only, and confirms nothing; ${next}`);
  return ExitCode.unconfirmed;
}
