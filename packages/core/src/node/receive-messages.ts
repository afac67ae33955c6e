import type { SetEntries } from '../enforce/intake.js';
import type { MessageSummary, OutcomeCount } from '../enforce/report.js';
import { MOST_TOLD_ENTRIES, Telling, type Audience } from '../enforce/telling.js';
import type { Rejection } from '../message/command.js';
import { decodeInto } from '../message/decode-into.js';
import { EntryBatches } from '../message/entry-batches.js';
import type { Reading } from '../message/reading.js';
import type { TopicResolution } from '../message/resolve-topic.js';
import type { Binding } from '../message/topic.js';
import type { TopicResolver } from '../message/topic-resolver.js';
import type { Clock } from '../system/clock.js';
import type { TransportMessage } from '../transport/transport.js';
import type { SetName } from '../words/names.js';
import type { QueuedList } from './list-queue.js';
import type { OwnStamps } from './own-stamps.js';

const MOST_EXAMPLES = 3;

/** Larger payloads are lists, for which single bans do not wait. */
const MOST_SMALL_BYTES = 4_096;

export interface Received {
  /** Of small messages, all together. */
  readonly entries: readonly SetEntries[];
  /** Each large message by itself. */
  readonly lists: readonly QueuedList[];
  /** Stamps that lay too far ahead of this node's clock. */
  readonly cutStamps: number;
  /** Topic prefixes on which something came to be done, whatever was in it, and not from the broker's store. */
  readonly live: ReadonlySet<string>;
}

/**
 * Reads messages that came together: what they ask for, by set; tells what was not understood.
 *
 * @param isForNodes takes what nodes say to each other: it holds no entries
 * @param audience who hears of what comes on no topic that is bound
 * @param audienceOf who hears of the entries of a set
 */
export function receiveMessages(
  messages: readonly TransportMessage[],
  isForNodes: (message: TransportMessage) => boolean,
  resolver: TopicResolver,
  clock: Clock,
  stamps: OwnStamps,
  audience: Audience,
  audienceOf: (set: SetName) => Audience,
): Received {
  // Most messages hold one entry. Columns of eight are made without asking for memory.
  const small = new EntryBatches(Math.max(8, messages.length));
  const tellings = new Map<SetName, Telling[]>();
  const lists: QueuedList[] = [];
  let cutStamps = 0;
  const live = new Set<string>();
  let last: TopicResolution | undefined;
  // They came at one moment, and where the kernel keeps its clock to itself a look costs as much as reading
  // a message does.
  const nowMs = clock.nowMs();
  for (let messageIndex = 0; messageIndex < messages.length; messageIndex++) {
    const message = messages[messageIndex];
    if (message === undefined || isForNodes(message)) continue;
    const topic = resolver.resolve(message.topic);
    if (topic !== last && !message.retained) {
      last = topic;
      const binding = firstBinding(topic);
      if (binding !== undefined) live.add(binding.topic);
    }
    const context = { nowMs, ownStamp: stamps.next(nowMs), messageIndex };
    const bytes = message.payload.length;
    const isSmall = bytes <= MOST_SMALL_BYTES;
    const batches = isSmall ? small : new EntryBatches();
    const reading = decodeInto(batches, topic, message, context);
    cutStamps += reading.cutStamps;
    if (reading.rejections.length > 0) {
      const binding = firstBinding(topic);
      const listener = binding === undefined ? audience : audienceOf(binding.set);
      tellRejections(message.topic, reading, listener);
    }
    if (!topic.ok || reading.entries === 0) continue;
    const told = isSmall ? tellings : new Map<SetName, Telling[]>();
    for (const { set } of topic.value.bindings) {
      let ofSet = told.get(set);
      if (ofSet === undefined) told.set(set, (ofSet = []));
      ofSet[messageIndex] = new Telling(
        message.topic,
        set,
        reading.entries,
        audienceOf(set),
        reading.placeWord,
      );
    }
    if (!isSmall) lists.push({ entries: withTellings(batches, told), messageIndex, bytes });
  }
  return { entries: withTellings(small, tellings), lists, cutStamps, live };
}

/** undefined: entries on this topic are for no set here. */
function firstBinding(topic: TopicResolution): Binding | undefined {
  return topic.ok && topic.value.action !== 'nodes' ? topic.value.bindings[0] : undefined;
}

function withTellings(
  batches: EntryBatches,
  tellings: ReadonlyMap<SetName, readonly Telling[]>,
): SetEntries[] {
  const entries: SetEntries[] = [];
  for (const { set, batch } of batches) {
    entries.push({ set, batch, tellings: tellings.get(set) ?? [] });
  }
  return entries;
}

function tellRejections(via: string, reading: Reading, audience: Audience): void {
  const { rejections, rejectedMore } = reading;
  const isMany = rejectedMore.size > 0 || reading.entries + rejections.length > MOST_TOLD_ENTRIES;
  if (!isMany || audience.all) {
    for (const rejection of rejections) audience.report(rejected(via, rejection));
  }
  if (isMany && (!audience.all || rejectedMore.size > 0)) {
    audience.summary(summarise(via, reading, audience.all ? [] : rejections));
  }
}

function rejected(via: string, { code, place, input, detail }: Rejection) {
  return { outcome: 'rejected' as const, via, place, code, input, detail };
}

/** A line a code: those that are named, and how many more there were. */
function summarise(
  via: string,
  { entries, rejections, rejectedMore }: Reading,
  named: readonly Rejection[],
): MessageSummary {
  const codes = new Set([...named.map(({ code }) => code), ...rejectedMore.keys()]);
  const outcomes = [...codes].map((code): OutcomeCount => {
    const ofCode = named.filter((rejection) => rejection.code === code);
    return {
      outcome: 'rejected',
      code,
      count: ofCode.length + (rejectedMore.get(code) ?? 0),
      examples: ofCode.slice(0, MOST_EXAMPLES).map((rejection) => rejected(via, rejection)),
    };
  });
  const more = [...rejectedMore.values()].reduce((sum, count) => sum + count, 0);
  return { via, entries: entries + rejections.length + more, outcomes };
}
