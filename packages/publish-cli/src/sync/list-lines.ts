import { addressRange, parseAddress, rangePrefixes, type Address, type Result } from '@vallum/core';

/** The addresses of one line; none where it says nothing. */
export type LineReader = (line: string) => Result<readonly Address[], string>;

const NOTHING: Result<readonly Address[], string> = { ok: true, value: [] };

/** `# …`, `; …` at the start of a line or behind a blank, as Spamhaus and FireHOL write them. */
const COMMENT = /(?:^|[ \t])[#;].*$/;

/** Names under which published lists of JSON lines have the address; Spamhaus says `cidr`. */
const JSON_KEYS = ['cidr', 'address', 'prefix', 'network', 'ip'] as const;

/**
 * Reads a line of a list: `192.0.2.7`, `192.0.2.0/24 ; SBL1234`, `192.0.2.1-192.0.2.9`, or
 * `{"cidr":"192.0.2.0/24","sblid":"SBL1234"}`.
 */
export const readPlainLine: LineReader = (line) => {
  const text = line.trim();
  if (text === '') return NOTHING;
  if (text.startsWith('{')) return readJsonLine(text);
  const bare = text.replace(COMMENT, '').trim();
  return bare === '' ? NOTHING : readAddresses(bare);
};

/** An address, a prefix, or a range as the fewest prefixes. */
export function readAddresses(text: string): Result<readonly Address[], string> {
  const address = parseAddress(text);
  if (address.ok) return { ok: true, value: [address.value] };
  const [first = '', last, ...more] = text.split('-').map((part) => part.trim());
  if (last !== undefined && more.length === 0) return readRange(first, last);
  const [word = '', next] = text.split(/\s+/);
  return next !== undefined && parseAddress(word).ok
    ? bad('a list that is kept in step holds an address a line and nothing else')
    : address;
}

/** All from `first` to `last`. */
export function readRange(first: string, last: string): Result<readonly Address[], string> {
  const from = parseAddress(first);
  if (!from.ok) return from;
  const to = parseAddress(last);
  if (!to.ok) return to;
  const range = addressRange(from.value, to.value);
  return range.ok ? { ok: true, value: rangePrefixes(range.value) } : range;
}

function readJsonLine(text: string): Result<readonly Address[], string> {
  let object: Readonly<Record<string, unknown>>;
  try {
    object = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return bad('it starts as JSON and is none');
  }
  for (const key of JSON_KEYS) {
    const value = object[key];
    if (typeof value === 'string') return readAddresses(value);
  }
  // {"type":"metadata","timestamp":1795420000,"size":1203}: the last line of Spamhaus' lists.
  return object['type'] === 'metadata' ? NOTHING : bad(`it has none of ${JSON_KEYS.join(', ')}`);
}

function bad(detail: string): Result<never, 'bad-line'> {
  return { ok: false, reason: 'bad-line', detail };
}
