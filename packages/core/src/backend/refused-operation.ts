import { NetlinkError, type Acknowledgement } from '../netlink/index.js';
import type { VallumErrorCode } from '../words/errors.js';

/** What is said where the kernel answers EPERM. */
export const NOT_ALLOWED = 'not allowed; run as root or with CAP_NET_ADMIN';

/** What the numbers of the kernel's refusals mean to one of its parts. */
export interface ErrnoMeaning {
  readonly words: (errno: number) => string;
  readonly codeOf: (errno: number) => VallumErrorCode;
}

/** Makes the error of an operation on a whole set that the kernel has refused. */
export type Refused = (
  operation: string,
  about: string,
  acknowledgement: Acknowledgement,
) => NetlinkError;

export function refusedBy({ words, codeOf }: ErrnoMeaning): Refused {
  return (operation, about, { errno, text }) => {
    const said = words(errno);
    const reason = text === undefined ? said : `${said}: ${text}`;
    const sentence = `${operation} ${about} failed: ${reason}`;
    return new NetlinkError(sentence, operation, errno, codeOf(errno));
  };
}
