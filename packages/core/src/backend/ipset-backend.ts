import { VallumError } from '../errors.js';
import type { Backend } from './backend.js';
import { createIpsetProcessBackend } from './ipset/ipset-process-backend.js';
import { createNetlinkIpsetBackend } from './ipset-netlink/netlink-ipset-backend.js';

export interface IpsetBackendOptions {
  /** Called once, with a sentence for the log, where netlink is not to be had. */
  readonly fellBack?: (sentence: string) => void;
  /** Default: over netlink. */
  readonly preferred?: () => Promise<Backend>;
}

/**
 * Edits ipset's sets: over netlink, some microseconds an entry; where koffi or the socket is not to
 * be had, by driving the `ipset` program, some milliseconds a message.
 */
export async function createIpsetBackend({
  fellBack,
  preferred = createNetlinkIpsetBackend,
}: IpsetBackendOptions = {}): Promise<Backend> {
  try {
    return await preferred();
  } catch (error) {
    if (!(error instanceof VallumError)) throw error;
    fellBack?.(`${error.message}; driving the ipset program instead, which is slower`);
    return createIpsetProcessBackend();
  }
}
