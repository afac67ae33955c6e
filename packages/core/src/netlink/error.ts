import { VallumError, type VallumErrorCode } from '../words/errors.js';
import {
  describeErrno,
  EACCES,
  EAFNOSUPPORT,
  EOPNOTSUPP,
  EPERM,
  EPROTONOSUPPORT,
} from './errno.js';

/** The socket failed, or the kernel refused a request as a whole. */
export class NetlinkError extends VallumError {
  /** 0 where no system call failed: the bytes themselves made no sense. */
  readonly errno: number;

  constructor(message: string, operation: string, errno = 0, code = codeOf(errno)) {
    super(message, { code, operation });
    this.errno = errno;
  }
}

/**
 * A request was sent, and its answer is gone: the receive buffer overran or was too short. The
 * kernel may or may not have done what was asked; send again what is idempotent.
 */
export class AnswerLostError extends NetlinkError {}

/** `netlink bind failed: EPERM (operation not permitted)`. */
export function callFailed(operation: string, errno: number): NetlinkError {
  return new NetlinkError(`${operation} failed: ${describeErrno(errno)}`, operation, errno);
}

/** Bytes that are no netlink: cut short, or with lengths that lead outside of them. */
export function malformed(what: string): NetlinkError {
  return new NetlinkError(`the kernel's answer is malformed: ${what}`, 'decode netlink message');
}

function codeOf(errno: number): VallumErrorCode {
  switch (errno) {
    case EPERM:
    case EACCES:
      return 'PERMISSION_DENIED';
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case EOPNOTSUPP:
      return 'BACKEND_UNAVAILABLE';
    default:
      return 'BACKEND_FAILED';
  }
}
