import type { Backend } from './backend.js';
import { createIpsetProcessBackend } from './ipset-process/ipset-process-backend.js';
import { createNetlinkIpsetBackend } from './ipset-netlink/netlink-ipset-backend.js';
import { preferNetlink, type FallBackOptions } from './prefer-netlink.js';

/**
 * Edits ipset's sets: over netlink, some microseconds an entry; where koffi or the socket is not to
 * be had, by driving the `ipset` program, some milliseconds a message.
 */
export function createIpsetBackend(options: FallBackOptions = {}): Promise<Backend> {
  return preferNetlink(createNetlinkIpsetBackend, createIpsetProcessBackend, 'ipset', options);
}
