import { parseAddress } from '../address/parse.js';
import type { Decoded, RejectionReason } from './command.js';
import { splitJson } from './entry-json.js';
import { checkEntry, entryToCommand, type Entry } from './entry.js';
import { escapeForDisplay } from '../words/escape.js';
import { parseOrigin } from '../words/names.js';
import { decodeUtf8, MAX_PAYLOAD_BYTES, parseJson } from './payload.js';
import type { ResolvedTopic } from './resolve-topic.js';
import type { Result } from '../words/result.js';

type LeaseTopic = Extract<ResolvedTopic, { action: 'lease' }>;

/**
 * Reads a retained lease. The topic says whose lease it is and of which address; the payload says
 * how long and why, or with no bytes at all that the lease is withdrawn.
 */
export function decodeLease(target: LeaseTopic, payload: Uint8Array, nowUnix: number): Decoded {
  const origin = parseOrigin(target.origin);
  if (!origin.ok) return rejected(origin.reason, 'topic', target.origin, origin.detail);
  const address = parseAddress(target.address.replace('_', '/'));
  if (!address.ok) return rejected('bad-address', 'topic', target.address, address.detail);
  const canonical = address.value.text.replace('/', '_');
  if (canonical !== target.address) {
    // Two spellings would be two retained messages for one lease.
    return rejected('bad-address', 'topic', target.address, `in a topic write it ${canonical}`);
  }
  const named = { address: address.value, origin: origin.value };
  const withdrawn = payload.length === 0;
  const entry = withdrawn ? { ok: true as const, value: named } : readLease(named, payload);
  if (!entry.ok) return rejected(entry.reason, 'payload', payload, entry.detail);

  const commands = [];
  for (const { set } of target.bindings) {
    const action = withdrawn ? 'unban' : 'ban';
    const command = entryToCommand(entry.value, action, set, nowUnix);
    if (!command.ok) return rejected(command.reason, 'payload', payload, command.detail);
    commands.push({ command: command.value });
  }
  return { commands, rejections: [] };
}

function readLease(
  topic: Required<Pick<Entry, 'address' | 'origin'>>,
  payload: Uint8Array,
): Result<Entry, RejectionReason> {
  if (payload.length > MAX_PAYLOAD_BYTES) {
    return refuse('payload-too-large', 'the payload is too large for a lease');
  }
  const text = decodeUtf8(payload);
  if (text === undefined) return refuse('not-utf8', 'the payload is no UTF-8');
  const json = parseJson(text);
  if (!json.ok) return json;
  const split = splitJson(json.value);
  if (!split.ok) return split;
  const { address, ...fields } = split.value;
  if (address !== undefined && address !== topic.address.text) {
    return refuse('bad-address', 'the payload names another address than the topic, which rules');
  }
  if (fields.origin !== undefined && fields.origin !== topic.origin) {
    return refuse('bad-origin', 'the payload names another origin than the topic, which rules');
  }
  if (fields.until === undefined || fields.timeout !== undefined) {
    // The broker keeps a lease: a timeout would start anew with each delivery.
    return refuse('bad-time', 'a lease takes until (Unix seconds or "never") and no timeout');
  }
  return checkEntry(topic.address, { ...fields, origin: topic.origin });
}

function refuse<Code extends RejectionReason>(code: Code, detail: string) {
  return { ok: false as const, reason: code, detail };
}

function rejected(
  code: RejectionReason,
  place: 'topic' | 'payload',
  input: string | Uint8Array,
  detail: string,
): Decoded {
  return { commands: [], rejections: [{ code, place, input: escapeForDisplay(input), detail }] };
}
