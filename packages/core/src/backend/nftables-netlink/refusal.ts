import type { VallumErrorCode } from '../../words/errors.js';
import {
  describeErrno,
  EINVAL,
  ENFILE,
  ENOENT,
  EOPNOTSUPP,
  EPERM,
  NetlinkError,
  type Acknowledgement,
} from '../../netlink/index.js';
import type { Change, ChangeReport } from '../backend.js';
import { failedChange } from '../explain-fault.js';

/** The verdict on one change that the kernel refused with this number. */
export function reportRefusal(change: Change, { errno, text }: Acknowledgement): ChangeReport {
  switch (errno) {
    case ENOENT:
      // The set is there: the transaction names the generation in which it was seen.
      if (change.op === 'del') return { outcome: 'unchanged' };
      break;
    case ENFILE:
      return failedChange(
        change,
        'set-full',
        `set ${change.set} is full; make it again with a larger size`,
      );
    case EPERM:
      return failedChange(change, 'permission-denied');
  }
  const reason = text === undefined ? describeErrno(errno) : `${describeErrno(errno)}: ${text}`;
  return failedChange(change, 'unknown', `the kernel refused ${change.address.text}: ${reason}`);
}

/** The kernel refused an operation on a whole set. */
export function refused(
  operation: string,
  about: string,
  { errno, text }: Acknowledgement,
): NetlinkError {
  const reason = text === undefined ? words(errno) : `${words(errno)}: ${text}`;
  return new NetlinkError(
    `${operation} ${about} failed: ${reason}`,
    operation,
    errno,
    codeOf(errno),
  );
}

function codeOf(errno: number): VallumErrorCode {
  switch (errno) {
    case EPERM:
      return 'PERMISSION_DENIED';
    case EINVAL:
    case EOPNOTSUPP:
      return 'BACKEND_UNAVAILABLE';
    default:
      return 'BACKEND_FAILED';
  }
}

function words(errno: number): string {
  switch (errno) {
    case EPERM:
      return 'not allowed; run as root or with CAP_NET_ADMIN';
    case ENOENT:
      return 'no such set or table';
    case EINVAL:
    case EOPNOTSUPP:
      // EINVAL is what nfnetlink answers where nobody has registered the subsystem.
      return `the kernel does not know nftables, or not this much of it (${describeErrno(errno)}); load its module: modprobe nf_tables`;
    default:
      return describeErrno(errno);
  }
}
