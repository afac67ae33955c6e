import type { VallumErrorCode } from '../../words/errors.js';
import {
  describeErrno,
  EEXIST,
  EINVAL,
  ENFILE,
  ENOENT,
  EOPNOTSUPP,
  EPERM,
  type Acknowledgement,
} from '../../netlink/index.js';
import { ADD_NEW, DELETE, PRESENT, UNCHANGED, type ChangeColumns } from '../backend.js';
import type { ColumnVerdicts } from '../column-verdicts.js';
import { NOT_ALLOWED, refusedBy } from '../refused-operation.js';
import type { Refusal } from '../nftables/set-driver.js';

/** Gives the verdict on one row that the kernel refused with this number. */
export function judgeRefusal(
  verdicts: ColumnVerdicts,
  { ops }: ChangeColumns,
  row: number,
  acknowledgement: Acknowledgement,
): void {
  // The set is there: the transaction names the generation in which it was seen.
  if (acknowledgement.errno === ENOENT && ops[row] === DELETE) verdicts.outcomes[row] = UNCHANGED;
  else if (acknowledgement.errno === EEXIST && ops[row] === ADD_NEW) {
    verdicts.outcomes[row] = PRESENT;
  } else {
    const { fault, detail } = refusalOf(acknowledgement);
    verdicts.fail(row, fault, detail);
  }
}

/** Why the kernel refused an element. */
export function refusalOf({ errno, text }: Acknowledgement): Refusal {
  switch (errno) {
    case ENFILE:
      return { fault: 'set-full', detail: 'the set is full; make it again with a larger size' };
    case EPERM:
      return { fault: 'permission-denied' };
  }
  const reason = text === undefined ? describeErrno(errno) : `${describeErrno(errno)}: ${text}`;
  return { fault: 'unknown', detail: `the kernel refused it: ${reason}` };
}

/** The kernel refused an operation on a whole set. */
export const refused = refusedBy({ words, codeOf });

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
      return NOT_ALLOWED;
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
