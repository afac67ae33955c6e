import type { Family } from '../address/address.js';
import { wordsPerAddress, writeWords } from '../address/address-columns.js';
import { parseAddress } from '../address/parse.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { checkReason, MIN_STAMP } from '../message/entry.js';
import {
  AS_THE_SET_SAYS,
  BAN,
  NEVER,
  NO_END_NAMED,
  OWN_STAMP,
  UNBAN,
} from '../message/entry-columns.js';
import { parseOrigin } from '../words/names.js';
import { failure, success, type Result } from '../words/result.js';
import { MAX_UNIX_SECONDS } from '../words/unix-time.js';

/** Registers in a piece at most; ours have fewer, since they are cut by bytes. */
export const MOST_IN_PIECE = 4_096;
const MAX_STAMP = 1000 * MAX_UNIX_SECONDS + 999;

type Fault = 'bad-piece';

/**
 * Reads what `encodePieces` has written, as strictly as it is meant: nodes write it, so that one fault is
 * enough to take none of it. What it says is checked completely; stamps may lie ahead, and are the
 * caller's to cut.
 */
export function decodePiece(value: unknown): Result<RegisterColumns, Fault> {
  if (typeof value !== 'object' || value === null) return bad('it has no columns');
  const piece = value as Record<string, unknown>;
  const { family, kinds } = piece;
  if (family !== 'ipv4' && family !== 'ipv6') return bad('its family is none');
  if (typeof kinds !== 'string' || !/^[ldwsLDWS]+$/.test(kinds)) return bad('its kinds are none');
  const { length } = kinds;
  if (length > MOST_IN_PIECE) return bad(`it has ${length} registers: too many`);
  const addresses = readAddresses(piece['addresses'], family, length);
  const originNames = readTexts(piece['origins'], length, (text) => parseOrigin(text).ok);
  const reasonTexts = readTexts(
    piece['reasons'],
    length,
    (text) => text !== '' && checkReason(text).ok,
  );
  if (addresses === undefined) return bad('its addresses are not as many or not canonical');
  if (originNames === undefined) return bad('its origins are none');
  if (reasonTexts === undefined) return bad('its reasons are none');
  const origins = readIndexes(piece['origin'], length, originNames.length);
  const reasons = readIndexes(piece['reason'], length, reasonTexts.length);
  if (origins === undefined || reasons === undefined) return bad('its indexes lead nowhere');
  const stamps = readStamps(piece['stamp'], piece['since'], length);
  const untils = readSeconds(piece['until'], piece['after'], length);
  const keepUntils = readSeconds(piece['keep'], piece['after'], length);
  if (stamps === undefined || untils === undefined || keepUntils === undefined) {
    return bad('its times are none');
  }
  const actions = new Uint8Array(length);
  const flags = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const letter = kinds[index] ?? '';
    const kind = letter.toLowerCase();
    const isLease = kind === 'l' || kind === 'd';
    actions[index] = isLease ? BAN : UNBAN;
    flags[index] = (letter === kind ? 0 : OWN_STAMP) + (kind === 'd' ? NO_END_NAMED : 0);
    const hasEnd = untils[index] !== AS_THE_SET_SAYS;
    if (hasEnd !== (kind === 'l')) return bad('an end is missing or where none belongs');
    if (!isLease && (origins[index] === 0) !== (kind === 's')) {
      return bad('a sweep has an origin, or a withdrawal none');
    }
    if (!isLease && reasons[index] !== 0) return bad('an unban has a reason');
  }
  return success({
    ...{ family, length, actions, flags, origins, untils, stamps, reasons, keepUntils },
    ...{ originNames, reasonTexts, ...addresses },
  });
}

function bad(detail: string): Result<never, Fault> {
  return failure('bad-piece', detail);
}

function readAddresses(
  text: unknown,
  family: Family,
  length: number,
): Pick<RegisterColumns, 'words' | 'prefixLengths'> | undefined {
  // The longest is 43 characters: 39, a slash and three digits.
  if (typeof text !== 'string' || text.length > 44 * length) return undefined;
  const texts = text.split(' ');
  if (texts.length !== length) return undefined;
  const perAddress = wordsPerAddress(family);
  const words = new Uint32Array(perAddress * length);
  const prefixLengths = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const address = parseAddress(texts[index] ?? '');
    if (!address.ok || address.value.family !== family) return undefined;
    if (address.value.text !== texts[index]) return undefined;
    writeWords(address.value, words, perAddress * index);
    prefixLengths[index] = address.value.prefixLength;
  }
  return { words, prefixLengths };
}

/** @returns with '' in front */
function readTexts(
  value: unknown,
  most: number,
  isGood: (text: string) => boolean,
): string[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined;
  const texts = [''];
  for (const text of value as unknown[]) {
    if (typeof text !== 'string' || !isGood(text)) return undefined;
    texts.push(text);
  }
  return texts;
}

/** A column of numbers; null where `NEVER` is allowed. */
function readNumbers(
  value: unknown,
  length: number,
  isGood: (number: unknown) => boolean,
): ((index: number) => unknown) | undefined {
  if (!Array.isArray(value)) return isGood(value) ? () => value : undefined;
  const values = value as unknown[];
  return values.length === length && values.every(isGood) ? (index) => values[index] : undefined;
}

function readIndexes(value: unknown, length: number, texts: number): Uint32Array | undefined {
  const isIndex = (number: unknown): boolean =>
    Number.isInteger(number) && Number(number) >= 0 && Number(number) < texts;
  const at = readNumbers(value, length, isIndex);
  return at && Uint32Array.from({ length }, (_, index) => Number(at(index)));
}

function readStamps(value: unknown, since: unknown, length: number): Float64Array | undefined {
  if (typeof since !== 'number' || !Number.isSafeInteger(since)) return undefined;
  const isStamp = (number: unknown): boolean =>
    typeof number === 'number' && since + number >= MIN_STAMP && since + number <= MAX_STAMP;
  const at = readNumbers(value, length, isStamp);
  return at && Float64Array.from({ length }, (_, index) => since + Number(at(index)));
}

/** 0 stays 0, null is for ever. */
function readSeconds(value: unknown, after: unknown, length: number): Float64Array | undefined {
  if (typeof after !== 'number' || !Number.isSafeInteger(after) || after < 0) return undefined;
  const isSeconds = (number: unknown): boolean =>
    number === null ||
    (Number.isSafeInteger(number) &&
      Number(number) >= 0 &&
      after + Number(number) <= MAX_UNIX_SECONDS);
  const at = readNumbers(value, length, isSeconds);
  return (
    at &&
    Float64Array.from({ length }, (_, index) => {
      const seconds = at(index);
      if (seconds === null) return NEVER;
      return seconds === 0 ? 0 : after + Number(seconds);
    })
  );
}
