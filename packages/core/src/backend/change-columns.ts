import { addressAt, addressColumns } from '../address/address-columns.js';
import type { Family } from '../address/address.js';
import type { SetName } from '../words/names.js';
import { ADD, ADD_NEW, DELETE, NO_TIMEOUT, type Change, type ChangeColumns } from './backend.js';

/** Changes of one set and one family, none of them a range, as columns. */
export function changeColumns(
  set: SetName,
  family: Family,
  changes: readonly Change[],
): ChangeColumns {
  const { length } = changes;
  const ops = new Uint8Array(length);
  const timeoutSeconds = new Uint32Array(length).fill(NO_TIMEOUT);
  let comments: (string | undefined)[] | undefined;
  for (const [index, change] of changes.entries()) {
    if (change.op === 'del') {
      ops[index] = DELETE;
      continue;
    }
    ops[index] = change.onlyNew === true ? ADD_NEW : ADD;
    if (change.timeoutSeconds !== undefined) timeoutSeconds[index] = change.timeoutSeconds;
    if (change.comment === undefined) continue;
    comments ??= new Array<string | undefined>(length).fill(undefined);
    comments[index] = change.comment;
  }
  const addresses = changes.map(({ address }) => address);
  return {
    ...addressColumns(family, addresses),
    set,
    ops,
    timeoutSeconds,
    ...(comments === undefined ? {} : { comments }),
  };
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
