import { readAttributes, readString, readU32 } from './attribute.js';
import { align, LITTLE_ENDIAN, viewOf } from './byte-order.js';
import { malformed } from './error.js';
import {
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_HDRLEN,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
} from './linux-netlink.js';
import type { Message } from './message.js';

/** The kernel's verdict on one request. */
export interface Acknowledgement {
  readonly sequence: number;
  /** 0: done. Else a positive errno, or a number of the subsystem's own (ipset: from 4096). */
  readonly errno: number;
  /** The kernel's own words (NETLINK_EXT_ACK), where it has some. */
  readonly text?: string;
  /** Where in the request, counted from its header, the offending attribute starts. */
  readonly offset?: number;
  /** What the kernel sent back of the refused request behind its header; empty where it was capped. */
  readonly echo: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/**
 * Reads an NLMSG_ERROR (struct nlmsgerr) or the number that an NLMSG_DONE carries:
 *
 * ```
 * ff ff ff ff                                      error: -1, EPERM
 * 4c 00 00 00 02 06 05 06 01 00 00 00 00 00 00 00  header of the request
 * …                                                rest of the request, unless NLM_F_CAPPED
 * …                                                attributes, where NLM_F_ACK_TLVS
 * ```
 *
 * @throws NetlinkError where it is cut short
 */
export function readAcknowledgement({ flags, sequence, payload }: Message): Acknowledgement {
  if (payload.length < 4) throw malformed('an acknowledgement is cut off');
  const view = viewOf(payload);
  const errno = -view.getInt32(0, LITTLE_ENDIAN) || 0;
  if (errno === 0 || payload.length < 4 + NLMSG_HDRLEN) return { sequence, errno, echo: NOTHING };
  const requestLength =
    (flags & NLM_F_CAPPED) === 0 ? view.getUint32(4, LITTLE_ENDIAN) : NLMSG_HDRLEN;
  if (requestLength < NLMSG_HDRLEN || 4 + requestLength > payload.length) {
    throw malformed('an acknowledgement does not hold the request that it claims to hold');
  }
  const echo = payload.subarray(4 + NLMSG_HDRLEN, 4 + requestLength);
  if ((flags & NLM_F_ACK_TLVS) === 0) return { sequence, errno, echo };
  const attributes = readAttributes(payload.subarray(4 + align(requestLength)));
  const text = attributes.get(NLMSGERR_ATTR_MSG);
  const offset = attributes.get(NLMSGERR_ATTR_OFFS);
  return {
    sequence,
    errno,
    echo,
    ...(text === undefined ? {} : { text: readString(text) }),
    ...(offset === undefined ? {} : { offset: readU32(offset) }),
  };
}
