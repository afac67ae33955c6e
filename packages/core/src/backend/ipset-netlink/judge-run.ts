import {
  NFGENMSG_LENGTH,
  readAttributes,
  readBe32,
  type Acknowledgement,
} from '../../netlink/index.js';
import { IPSET_ATTR_LINENO } from './linux-ip-set.js';

/** Changes that one message carries: from `start` up to, not including, `end`. */
export interface Run {
  readonly start: number;
  readonly end: number;
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
