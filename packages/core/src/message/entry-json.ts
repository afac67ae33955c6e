import { parseAddress } from '../address/parse.js';
import { failure, success, type Result } from '../words/result.js';
import {
  checkEntry,
  ENTRY_WORDS,
  isEntryWord,
  isPassedOver,
  type Entry,
  type EntryFault,
  type EntryFields,
} from './entry.js';
import { escapeForDisplay } from '../words/escape.js';

/**
 * Reads one entry in the JSON form, already parsed: `"192.0.2.7"` or
 * `{"address":"192.0.2.7","until":1795420000,"timeout":3600,"origin":"web1",
 * "at":1795416400000,"reason":"sshd"}`. Keys that begin with `x-` are passed over.
 */
export function parseEntryJson(value: unknown): Result<Entry, EntryFault> {
  const split = typeof value === 'string' ? success({ address: value }) : splitJson(value);
  if (!split.ok) return split;
  const { address: text, ...fields } = split.value;
  if (text === undefined) return failure('bad-entry', 'the key address is missing');
  const address = parseAddress(text);
  return address.ok ? checkEntry(address.value, fields) : failure('bad-address', address.detail);
}

/** Sorts the keys of an object; every key is one that Vallum knows, and of the right type. */
function splitJson(value: unknown): Result<EntryFields & { address?: string }, EntryFault> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return failure('bad-entry', 'an entry is an object such as {"address":"192.0.2.7"}');
  }
  const fields: EntryFields & { address?: string } = {};
  for (const [key, content] of Object.entries(value) as [string, unknown][]) {
    if (isPassedOver(key)) continue;
    if (key !== 'address' && !isEntryWord(key)) {
      return failure(
        'bad-entry',
        `the key ${escapeForDisplay(key, 40)} is unknown: an entry has address, ` +
          ENTRY_WORDS.join(', '),
      );
    }
    const isTime = key === 'until' || key === 'timeout' || key === 'at';
    if (typeof content === 'string') fields[key] = content;
    else if (isTime && typeof content === 'number') fields[key] = content;
    else if (isTime) {
      const never = key === 'at' ? '' : ' or "never"';
      return failure('bad-time', `${key} takes a number${never}`);
    } else return failure('bad-entry', `${key} takes a text in quotes`);
  }
  return success(fields);
}
