import type { VallumErrorCode } from '../../words/errors.js';
import { describeErrno, EINVAL, ENOENT, EPERM } from '../../netlink/index.js';
import {
  ADD,
  DELETE,
  PRESENT,
  UNCHANGED,
  type ChangeColumns,
  type ChangeFault,
} from '../backend.js';
import type { ColumnVerdicts } from '../column-verdicts.js';
import { NOT_ALLOWED, refusedBy } from '../refused-operation.js';
import * as ipset from './linux-ip-set.js';

/** Gives the verdict on one change that the kernel refused with this number. */
export function judgeRefusal(
  verdicts: ColumnVerdicts,
  { ops }: ChangeColumns,
  index: number,
  errno: number,
  type: string | undefined,
): void {
  const op = ops[index];
  if (errno === ipset.IPSET_ERR_EXIST && op !== ADD) {
    verdicts.outcomes[index] = op === DELETE ? UNCHANGED : PRESENT;
    return;
  }
  const fault = faultOf(errno, type);
  if (fault === 'unknown') verdicts.fail(index, fault, `the kernel refused it: ${words(errno)}`);
  else verdicts.fail(index, fault);
}

function faultOf(errno: number, type: string | undefined): ChangeFault {
  const bitmap = type?.startsWith('bitmap:') === true;
  switch (errno) {
    case ENOENT:
      return 'set-missing';
    case EPERM:
      return 'permission-denied';
    case ipset.IPSET_ERR_IPADDR_IPV4:
    case ipset.IPSET_ERR_IPADDR_IPV6:
      return 'wrong-family';
    case ipset.IPSET_ERR_TIMEOUT:
      return 'timeout-unsupported';
    case ipset.IPSET_ERR_INVALID_CIDR:
      return 'unstorable';
    case ipset.IPSET_ERR_HASH_FULL:
      return bitmap ? 'out-of-range' : 'set-full';
    case ipset.IPSET_ERR_HASH_ELEM:
      return bitmap ? 'unknown' : 'unstorable';
    default:
      return 'unknown';
  }
}

/** The kernel refused an operation on a whole set. */
export const refused = refusedBy({ words, codeOf });

function codeOf(errno: number): VallumErrorCode {
  switch (errno) {
    case EPERM:
      return 'PERMISSION_DENIED';
    case EINVAL:
    case ipset.IPSET_ERR_FIND_TYPE:
      return 'BACKEND_UNAVAILABLE';
    default:
      return 'BACKEND_FAILED';
  }
}

function words(errno: number): string {
  switch (errno) {
    case EPERM:
      return NOT_ALLOWED;
    case ENOENT:
      return 'no such set';
    case EINVAL:
      // What nfnetlink answers where nobody has registered the subsystem.
      return 'the kernel does not know ipset; load its module: modprobe ip_set';
    case ipset.IPSET_ERR_PROTOCOL:
      return 'the kernel did not understand the request (IPSET_ERR_PROTOCOL)';
    case ipset.IPSET_ERR_FIND_TYPE:
      return 'the kernel has no such set type; load its module, such as ip_set_hash_net';
    case ipset.IPSET_ERR_MAX_SETS:
      return 'the kernel holds as many sets as it can';
    case ipset.IPSET_ERR_INVALID_FAMILY:
      return 'this set type has no such family';
    case ipset.IPSET_ERR_BITMAP_RANGE_SIZE:
      return 'the range is larger than 65536 addresses';
    default:
      return describeErrno(errno);
  }
}
