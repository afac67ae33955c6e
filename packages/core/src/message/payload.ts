import { failure, success, type Result } from '../words/result.js';
import { trimBlanks } from './entry-line.js';

/** One entry of a payload, not read yet. */
export type PayloadPart = { readonly place: string } & (
  | { readonly form: 'line'; readonly line: string }
  | { readonly form: 'json'; readonly value: unknown }
  | { readonly form: 'not-utf8'; readonly bytes: Uint8Array }
);

export type PayloadFault =
  'empty-payload' | 'payload-too-large' | 'too-many-entries' | 'not-utf8' | 'not-json';

export const MAX_PAYLOAD_BYTES = 1_048_576;
export const MAX_ENTRIES = 65_536;

/**
 * Divides a payload into entries: lines, or where it starts with `{` or `[`, JSON. Of a payload of
 * lines those that are no UTF-8 stand apart; blank lines count for the places only. `[]` asks for
 * nothing and is no fault: with it a publisher finds out whether it may publish.
 */
export function readPayload(payload: Uint8Array): Result<readonly PayloadPart[], PayloadFault> {
  if (payload.length > MAX_PAYLOAD_BYTES) {
    return failure(
      'payload-too-large',
      `the payload has ${String(payload.length)} bytes, and ${String(MAX_PAYLOAD_BYTES)} are the ` +
        'most: send it in parts',
    );
  }
  const text = decodeUtf8(payload);
  const trimmed = text === undefined ? undefined : trimBlanks(text);
  const parts =
    trimmed !== undefined && /^[[{]/.test(trimmed)
      ? jsonParts(trimmed)
      : success(text === undefined ? byteLines(payload) : textLines(text));
  if (!parts.ok) return parts;
  if (parts.value.length === 0 && trimmed !== '[]') {
    return failure('empty-payload', 'the payload holds no entry: send an address');
  }
  return parts.value.length > MAX_ENTRIES
    ? failure(
        'too-many-entries',
        `the payload has ${String(parts.value.length)} entries, and ${String(MAX_ENTRIES)} are the ` +
          'most: send it in parts',
      )
    : parts;
}

function jsonParts(text: string): Result<readonly PayloadPart[], 'not-json'> {
  const json = parseJson(text);
  if (!json.ok) return json;
  const entries = Array.isArray(json.value) ? (json.value as unknown[]) : [json.value];
  return success(
    entries.map((value, index) => ({ form: 'json', place: `entry ${String(index + 1)}`, value })),
  );
}

export function parseJson(text: string): Result<unknown, 'not-json'> {
  try {
    return success(JSON.parse(text) as unknown);
  } catch {
    return failure(
      'not-json',
      'the payload starts as JSON and is none: check its quotes, commas and brackets',
    );
  }
}

function textLines(text: string): PayloadPart[] {
  const parts: PayloadPart[] = [];
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    const trimmed = trimBlanks(line);
    if (trimmed !== '')
      parts.push({ form: 'line', place: `line ${String(number)}`, line: trimmed });
  }
  return parts;
}

/** In UTF-8 a byte of 0x0a is always a line's end, so one broken line leaves the others whole. */
function byteLines(payload: Uint8Array): PayloadPart[] {
  const parts: PayloadPart[] = [];
  let start = 0;
  for (let number = 1; start <= payload.length; number++) {
    const found = payload.indexOf(LINE_FEED, start);
    const end = found < 0 ? payload.length : found;
    const bytes = payload.subarray(start, end);
    const place = `line ${String(number)}`;
    const line = decodeUtf8(bytes);
    if (line === undefined) parts.push({ form: 'not-utf8', place, bytes });
    else if (trimBlanks(line) !== '') parts.push({ form: 'line', place, line: trimBlanks(line) });
    start = end + 1;
  }
  return parts;
}

const LINE_FEED = 0x0a;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @returns undefined where the bytes are no UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
