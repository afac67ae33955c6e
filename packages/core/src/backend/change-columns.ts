import { addressAt, wordsPerAddress, writeWords } from '../address/address-columns.js';
import type { Family } from '../address/address.js';
import type { SetName } from '../words/names.js';
import { ADD_NEW, DELETE, NO_TIMEOUT, type Change, type ChangeColumns } from './backend.js';

/** Changes of one set and one family, none of them a range, as columns. */
export function changeColumns(
  set: SetName,
  family: Family,
  changes: readonly Change[],
): ChangeColumns {
  const { length } = changes;
  const perAddress = wordsPerAddress(family);
  const words = new Uint32Array(perAddress * length);
  const prefixLengths = new Uint8Array(length);
  const ops = new Uint8Array(length);
  const timeoutSeconds = new Uint32Array(length);
  let comments: (string | undefined)[] | undefined;
  // Plain loops: a single ban goes this way too, in microseconds.
  for (let index = 0; index < length; index++) {
    const change = changes[index];
    if (change === undefined) continue;
    writeWords(change.address, words, perAddress * index);
    prefixLengths[index] = change.address.prefixLength;
    timeoutSeconds[index] = NO_TIMEOUT;
    if (change.op === 'del') {
      ops[index] = DELETE;
      continue;
    }
    if (change.onlyNew === true) ops[index] = ADD_NEW;
    if (change.timeoutSeconds !== undefined) timeoutSeconds[index] = change.timeoutSeconds;
    if (change.comment === undefined) continue;
    comments ??= new Array<string | undefined>(length).fill(undefined);
    comments[index] = change.comment;
  }
  const columns = { set, family, length, words, prefixLengths, ops, timeoutSeconds };
  return comments === undefined ? columns : { ...columns, comments };
}

/** One change of the columns as an object. */
export function changeAt(columns: ChangeColumns, index: number): Change {
  const { set } = columns;
  const address = addressAt(columns, index);
  const op = columns.ops[index];
  if (op === DELETE) return { op: 'del', set, address };
  const timeoutSeconds = columns.timeoutSeconds[index] ?? NO_TIMEOUT;
  const comment = columns.comments?.[index];
  return {
    op: 'add',
    set,
    address,
    ...(timeoutSeconds === NO_TIMEOUT ? {} : { timeoutSeconds }),
    ...(comment === undefined ? {} : { comment }),
    ...(op === ADD_NEW ? { onlyNew: true } : {}),
  };
}
