import { addressWidth, type Family } from '../../address/address.js';
import { MAX_COMMENT_LENGTH } from './linux-nf-tables.js';
import { isPrefixStart, lastOfPrefix, type Position, type Prefix } from '../../address/position.js';

/** A prefix that was asked for, whatever pieces it was cut into. */
export interface Member extends Prefix {
  /** Unix milliseconds; Infinity: for ever. */
  readonly endsAtMs: number;
}

// vallum /8@mhk3v1c0 /16: the prefixes that start where the piece does, each with its own end in
// Unix milliseconds to the base of 36. None: the piece belongs to a prefix that starts before it.
const FORM = /^vallum((?: \/\d{1,3}(?:@[0-9a-z]{1,10})?)*)$/;

/** @returns undefined where more prefixes start at one address than a comment can hold */
export function writeComment(starting: readonly Member[]): string | undefined {
  const records = starting.map(({ prefixLength, endsAtMs }) => {
    const end = endsAtMs === Infinity ? '' : `@${Math.round(endsAtMs).toString(36)}`;
    return ` /${prefixLength}${end}`;
  });
  const comment = `vallum${records.join('')}`;
  return comment.length <= MAX_COMMENT_LENGTH ? comment : undefined;
}

/** @returns the prefixes that start at `first`; undefined where somebody else wrote the comment */
export function readComment(
  comment: string | undefined,
  first: Position,
  family: Family,
): Member[] | undefined {
  const records = comment === undefined ? undefined : FORM.exec(comment)?.[1];
  if (records === undefined) return undefined;
  const members: Member[] = [];
  for (const record of records.split(' ').slice(1)) {
    const [length = '', end] = record.slice(1).split('@');
    const prefixLength = Number(length);
    if (prefixLength > addressWidth(family)) return undefined;
    const endsAtMs = end === undefined ? Infinity : parseInt(end, 36);
    // Vallum wrote no prefix that does not start where its piece does.
    if (!isPrefixStart(first, prefixLength)) return undefined;
    members.push({ first, last: lastOfPrefix(first, prefixLength), prefixLength, endsAtMs });
  }
  return members;
}
