import { NetlinkError, type Acknowledgement } from '../netlink/index.js';
import type { VallumErrorCode } from '../words/errors.js';

/** What is said where the kernel answers EPERM. */
export const NOT_ALLOWED = 'not allowed; run as root or with CAP_NET_ADMIN';

/**
 * The kernel refused an operation on a whole set.
 *
 * @param words what its number means here
 */
export function refusedOperation(
  operation: string,
  about: string,
  { errno, text }: Acknowledgement,
  { words, code }: { readonly words: string; readonly code: VallumErrorCode },
): NetlinkError {
  const reason = text === undefined ? words : `${words}: ${text}`;
  return new NetlinkError(`${operation} ${about} failed: ${reason}`, operation, errno, code);
}
