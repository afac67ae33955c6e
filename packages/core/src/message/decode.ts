import type { Address } from '../address/address.js';
import type { Result } from '../words/result.js';
import { readBareAddress } from './bare-address.js';
import type { Decoded, PlacedCommand, Rejection, RejectionReason } from './command.js';
import { decodeLease } from './decode-lease.js';
import { parseEntryJson } from './entry-json.js';
import { parseEntryLine } from './entry-line.js';
import { entryToCommand, type Entry, type EntryFault } from './entry.js';
import { escapeForDisplay } from '../words/escape.js';
import { readPayload, type PayloadPart } from './payload.js';
import { resolveTopic, type ResolvedTopic, type TopicResolution } from './resolve-topic.js';
import type { Binding } from './topic.js';

/**
 * Reads a message: what it asks for, and what of it was not understood. Takes any bytes and never
 * throws; a bad entry costs that entry only.
 *
 * @param nowUnix seconds; what `timeout` counts from
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
  if (!topic.ok) return rejected(topic.reason, 'topic', message.topic, topic.detail);
  const target = topic.value;
  if (target.action === 'lease') return decodeLease(target, message.payload, nowUnix);
  const bare = readBareAddress(message.payload);
  if (bare !== undefined) return decodeBare(target, bare);
  const parts = readPayload(message.payload);
  if (!parts.ok) return rejected(parts.reason, 'payload', message.payload, parts.detail);

  const commands: PlacedCommand[] = [];
  const rejections: Rejection[] = [];
  const several = parts.value.length > 1;
  for (const part of parts.value) {
    const entry = readEntry(part);
    const reject = (code: RejectionReason, detail: string) => {
      const input = escapeForDisplay(partInput(part));
      rejections.push({ code, place: several ? part.place : 'payload', input, detail });
    };
    if (!entry.ok) {
      reject(entry.reason, entry.detail);
      continue;
    }
    for (const { set } of target.bindings) {
      const command = entryToCommand(entry.value, target.action, set, nowUnix);
      if (!command.ok) {
        // The time is as bad for every other set.
        reject(command.reason, command.detail);
        break;
      }
      commands.push(
        several ? { command: command.value, place: part.place } : { command: command.value },
      );
    }
  }
  return { commands, rejections };
}

const NO_REJECTIONS: readonly Rejection[] = Object.freeze([]);

/** What `entryToCommand` makes of an entry that says nothing beside its address. */
function decodeBare({ action, bindings }: ResolvedTopic, address: Address): Decoded {
  const commands: PlacedCommand[] = [];
  for (const { set } of bindings) {
    commands.push({
      command:
        action === 'ban'
          ? { action: 'ban', set, address, until: 'default' }
          : { action: 'unban', set, address },
    });
  }
  return { commands, rejections: NO_REJECTIONS };
}

function readEntry(part: PayloadPart): Result<Entry, EntryFault | 'not-utf8'> {
  if (part.form === 'json') return parseEntryJson(part.value);
  if (part.form === 'line') return parseEntryLine(part.line);
  return {
    ok: false,
    reason: 'not-utf8',
    detail: 'the line is no UTF-8: send plain ASCII or UTF-8',
  };
}

function partInput(part: PayloadPart): string | Uint8Array {
  if (part.form === 'json') return showJson(part.value);
  return part.form === 'line' ? part.line : part.bytes;
}

function showJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // JSON.parse takes any depth, JSON.stringify only what fits on the stack.
    return '(nested too deeply to show)';
  }
}

function rejected(
  code: RejectionReason,
  place: string,
  input: string | Uint8Array,
  detail: string,
): Decoded {
  return { commands: [], rejections: [{ code, place, input: escapeForDisplay(input), detail }] };
}
