import { addressAt } from '../address/address-columns.js';
import type { Origin, SetName } from '../words/names.js';
import type { Command, Decoded } from './command.js';
import { decodeInto } from './decode-into.js';
import { EntryBatches } from './entry-batches.js';
import type { EntryBatch } from './entry-batch.js';
import { BAN, OWN_STAMP } from './entry-columns.js';
import { untilOf } from './entry.js';
import { resolveTopic, type TopicResolution } from './resolve-topic.js';
import type { Binding } from './topic.js';

/**
 * Reads a message: what it asks for, and what of it was not understood. Takes any bytes and never
 * throws; a bad entry costs that entry only.
 *
 * @param nowUnix seconds; what `timeout` counts from where an entry has no stamp
 */
export function decode(
  message: { readonly topic: string; readonly payload: Uint8Array },
  bindings: readonly Binding[],
  nowUnix: number,
): Decoded {
  return decodeResolved(resolveTopic(message.topic, bindings), message, nowUnix);
}

/** `decode` of a message whose topic has been looked at. */
export function decodeResolved(
  topic: TopicResolution,
  message: { readonly topic: string; readonly payload: Uint8Array },
  nowUnix: number,
): Decoded {
  const nowMs = 1000 * nowUnix;
  const batches = new EntryBatches();
  const reading = decodeInto(batches, topic, message, { nowMs, ownStamp: nowMs, messageIndex: 0 });
  const placed: { place: number; command: Command }[] = [];
  for (const { set, batch } of batches) {
    for (let index = 0; index < batch.length; index++) {
      placed.push({ place: batch.places[index] ?? 0, command: commandAt(batch, index, set) });
    }
  }
  // Sets stay in the order of their bindings.
  placed.sort((one, other) => one.place - other.place);
  const commands = placed.map(({ place, command }) =>
    place === 0 ? { command } : { command, place: `${reading.placeWord} ${String(place)}` },
  );
  const { rejections, rejectedMore } = reading;
  return rejectedMore.size === 0
    ? { commands, rejections }
    : { commands, rejections, rejectedMore };
}

/** One entry of a batch as an object. */
function commandAt(batch: EntryBatch, index: number, set: SetName): Command {
  const address = addressAt(batch, index);
  const isOwn = ((batch.flags[index] ?? 0) & OWN_STAMP) !== 0;
  // It was checked when it was read.
  const origin = (batch.originNames[batch.origins[index] ?? 0] ?? '') as Origin | '';
  const whoAndWhen = {
    ...(origin === '' ? {} : { origin }),
    ...(isOwn ? {} : { stamp: batch.stamps[index] ?? 0 }),
  };
  if (batch.actions[index] !== BAN) return { action: 'unban', set, address, ...whoAndWhen };
  const reason = batch.reasonTexts[batch.reasons[index] ?? 0] ?? '';
  const until = untilOf(batch.untils[index] ?? 0);
  const because = reason === '' ? {} : { reason };
  return { action: 'ban', set, address, until, ...whoAndWhen, ...because };
}
