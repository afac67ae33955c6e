import { addressWidth, type Family } from '../../address/address.js';
import { malformed, readString, walkAttributes } from '../../netlink/index.js';
import type { MemberBatches } from '../member-batches.js';
import {
  IPSET_ATTR_CADT_FLAGS,
  IPSET_ATTR_CIDR,
  IPSET_ATTR_COMMENT,
  IPSET_ATTR_DATA,
  IPSET_ATTR_IP,
  IPSET_ATTR_IPADDR_IPV4,
  IPSET_ATTR_IPADDR_IPV6,
  IPSET_ATTR_TIMEOUT,
  IPSET_FLAG_NOMATCH,
} from './linux-ip-set.js';

/**
 * Reads what IPSET_ATTR_ADT holds in one part of IPSET_CMD_LIST:
 *
 * ```
 * 20 00 07 80                                      IPSET_ATTR_DATA
 *   0c 00 01 80  08 00 01 00  c0 00 02 00          IPSET_ATTR_IP { IPSET_ATTR_IPADDR_IPV4 }
 *   08 00 06 40  00 00 02 57                       IPSET_ATTR_TIMEOUT, where the set has them
 *   08 00 1a 00  68 65 79 00                       IPSET_ATTR_COMMENT; counters are passed over
 * ```
 *
 * Sets of a million are read while packets wait, so an entry makes no objects.
 *
 * @throws NetlinkError where it is malformed
 */
export function readMembers(list: Uint8Array, batches: MemberBatches): void {
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  let family: Family | undefined;
  let addressStart = 0;
  let prefixLength = -1;
  let timeoutSeconds = 0;
  let comment: string | undefined;
  let exception = false;

  const startMember = (): void => {
    family = undefined;
    prefixLength = -1;
    timeoutSeconds = 0;
    comment = undefined;
    exception = false;
  };
  const visitAddress = (type: number, start: number, end: number): void => {
    if (type !== IPSET_ATTR_IPADDR_IPV4 && type !== IPSET_ATTR_IPADDR_IPV6) return;
    family = type === IPSET_ATTR_IPADDR_IPV4 ? 'ipv4' : 'ipv6';
    if (end - start !== (family === 'ipv4' ? 4 : 16)) throw malformed('an address is cut short');
    addressStart = start;
  };
  const visitField = (type: number, start: number, end: number): void => {
    if (type === IPSET_ATTR_IP) {
      walkAttributes(view, start, end, visitAddress);
    } else if (type === IPSET_ATTR_CIDR && end - start === 1) {
      prefixLength = view.getUint8(start);
    } else if (type === IPSET_ATTR_TIMEOUT && end - start === 4) {
      timeoutSeconds = view.getUint32(start);
    } else if (type === IPSET_ATTR_COMMENT) {
      comment = readString(list.subarray(start, end));
    } else if (type === IPSET_ATTR_CADT_FLAGS && end - start === 4) {
      exception = (view.getUint32(start) & IPSET_FLAG_NOMATCH) !== 0;
    }
  };
  const visitMember = (type: number, start: number, end: number): void => {
    if (type !== IPSET_ATTR_DATA) return;
    startMember();
    walkAttributes(view, start, end, visitField);
    if (family === undefined) throw malformed('an entry has no address');
    const width = addressWidth(family);
    if (prefixLength > width) throw malformed(`a prefix has length ${prefixLength}`);
    const rows = batches.rows(family);
    const row = rows.length;
    const perAddress = width / 32;
    for (let part = 0; part < perAddress; part++) {
      rows.words[perAddress * row + part] = view.getUint32(addressStart + 4 * part);
    }
    // Rows are made for single addresses.
    if (prefixLength >= 0) rows.prefixLengths[row] = prefixLength;
    rows.timeoutSeconds[row] = timeoutSeconds;
    if (exception) rows.exceptions[row] = 1;
    if (comment !== undefined) rows.comment(comment);
    rows.length = row + 1;
  };
  walkAttributes(view, 0, list.length, visitMember);
}
