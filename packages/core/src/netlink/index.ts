/**
 * Netlink for Node: sockets below, messages above, no global state.
 *
 * - `loadLibC` gives the system calls (through koffi); anything of the shape `LibC` will do.
 * - `NetlinkSocket` carries datagrams and knows what happens to sockets: EINTR, ENOBUFS, answers
 *   that are cut off, senders that are not the kernel.
 * - `MessageWriter` encodes into a buffer; `readMessages`, `eachAttribute` and `read…` decode bytes
 *   and never look outside of them.
 * - `NetlinkConnection` numbers requests and finds their answers; `dump` lists.
 * - `listenToEvents` hears what the kernel tells by itself.
 * - `readNetwork` and `watchNetwork` are rtnetlink: addresses, gateways, and when they change.
 *
 * ```ts
 * const socket = new NetlinkSocket(await loadLibC(), NETLINK_NETFILTER);
 * const connection = new NetlinkConnection(socket);
 * const sequence = connection.nextSequence();
 * const writer = new MessageWriter(4096);
 * writer.startNetfilter({ type: netfilterType(NFNL_SUBSYS_IPSET, 1), flags: NLM_F_REQUEST, sequence });
 * writer.u8(1, 7);
 * writer.end();
 * const answer = connection.query(writer.bytes(), sequence);
 * ```
 *
 * A refusal is a value (`Acknowledgement.errno`); what breaks the conversation is a NetlinkError.
 */
export type { Acknowledgement } from './acknowledgement.js';
export {
  eachAttribute,
  readAttributeLength,
  readAttributes,
  readBe16,
  readBe32,
  readBe64,
  readString,
  readU32,
  readU8,
  walkAttributes,
  type Attributes,
} from './attribute.js';
export { align, LITTLE_ENDIAN } from './byte-order.js';
export { NetlinkConnection, type Answer } from './connection.js';
export { dump, dumpEach, type Dump } from './dump.js';
export * from './errno.js';
export { AnswerLostError, malformed, NetlinkError } from './error.js';
export { listenToEvents, type EventListener } from './event-socket.js';
export type { LibC } from './libc.js';
export * from './linux-netlink.js';
export * from './linux-nfnetlink.js';
export { loadLibC } from './load-libc.js';
export { readMessages, type Message } from './message.js';
export { MessageWriter, type MessageHeader, type NetfilterHeader } from './message-writer.js';
export type { NetworkFact } from './route/network-fact.js';
export { readNetwork, readOwnAddresses, type Network } from './route/read-network.js';
export { watchNetwork } from './route/watch-network.js';
export { NetlinkSocket } from './socket.js';
export { TimeSlice } from '../system/time-slice.js';
