import type { Change, ChangeFault, ChangeReport } from './backend.js';

/** What a verdict is about. */
export type Changed = Pick<Change, 'set' | 'address'>;

/** A failed verdict that says what is wrong and what to do, in the same words for every backend. */
export function failedChange(change: Changed, fault: ChangeFault, detail?: string): ChangeReport {
  return { outcome: 'failed', fault, detail: detail ?? explainFault(change, fault) };
}

/** What is wrong and what to do, in the same words for every backend. */
export function explainFault({ set, address }: Changed, fault: ChangeFault): string {
  const family = address.family === 'ipv4' ? 'IPv4' : 'IPv6';
  const otherFamily = address.family === 'ipv4' ? 'IPv6' : 'IPv4';
  const familyOption = address.family === 'ipv4' ? '' : ' family inet6';
  switch (fault) {
    case 'set-missing':
      return `set ${set} does not exist; create it: ipset create ${set} hash:net${familyOption}`;
    case 'set-full':
      return `set ${set} is full; make it again with a larger maxelem`;
    case 'wrong-family':
      return `${address.text} is ${family}, but set ${set} holds ${otherFamily}`;
    case 'out-of-range':
      return `${address.text} lies outside the range of set ${set}`;
    case 'timeout-unsupported':
      return `set ${set} was made without timeouts; make it again with "timeout 0" to allow them`;
    case 'prefix-unsupported':
      return `set ${set} takes single addresses only; the prefix ${address.text} needs a hash:net set`;
    case 'unstorable':
      return `the kernel cannot store ${address.text} in set ${set}`;
    case 'unsupported-type':
      return `set ${set} is none that Vallum edits; make it a hash:ip, hash:net or bitmap:ip`;
    case 'permission-denied':
      return `not allowed to edit set ${set}; run as root or with CAP_NET_ADMIN`;
    case 'unavailable':
      return `kernel sets are not available, so ${address.text} could not be changed in ${set}`;
    case 'unknown':
      return `no verdict on ${address.text} in set ${set}`;
  }
}
