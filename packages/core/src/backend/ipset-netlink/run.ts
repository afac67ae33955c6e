import {
  NFGENMSG_LENGTH,
  readAttributes,
  readBe32,
  type Acknowledgement,
} from '../../netlink/index.js';
import type { ChangeColumns } from '../backend.js';
import { IPSET_ATTR_LINENO } from './linux-ip-set.js';

/** Changes that go to the kernel together: from `start` up to, not including, `end`. */
export interface Run {
  readonly start: number;
  readonly end: number;
}

/** The changes from `start` on that have the same operation, at most `limit`. */
export function nextRun({ ops, length }: ChangeColumns, start: number, limit: number): Run {
  const bound = Math.min(start + limit, length);
  const op = ops[start];
  let end = start + 1;
  while (end < bound && ops[end] === op) end++;
  return { start, end };
}

/**
 * Finds the change that made the kernel stop. It answers with the whole message, the line of the
 * failing entry in its IPSET_ATTR_LINENO (call_ad in net/netfilter/ipset/ip_set_core.c); lines are
 * indices counted from 1.
 *
 * @returns undefined where the message was refused as a whole
 */
export function failedIndex({ echo }: Acknowledgement, { start, end }: Run): number | undefined {
  if (echo.length <= NFGENMSG_LENGTH) return undefined;
  const line = readAttributes(echo.subarray(NFGENMSG_LENGTH)).get(IPSET_ATTR_LINENO);
  const index = line === undefined ? -1 : readBe32(line) - 1;
  return index >= start && index < end ? index : undefined;
}
