// asm-generic/errno-base.h and errno.h; the same on amd64 and arm64.
export const EPERM = 1;
export const ENOENT = 2;
export const EINTR = 4;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EBUSY = 16;
export const EEXIST = 17;
export const EINVAL = 22;
export const ENFILE = 23;
export const ENOTEMPTY = 39;
/** nf_tables: the ruleset is not of the generation that a batch names. */
export const ERESTART = 85;
export const EMSGSIZE = 90;
export const EPROTONOSUPPORT = 93;
export const EOPNOTSUPP = 95;
export const EAFNOSUPPORT = 97;
export const ENOBUFS = 105;

const KNOWN: ReadonlyMap<number, readonly [name: string, meaning: string]> = new Map([
  [EPERM, ['EPERM', 'operation not permitted']],
  [ENOENT, ['ENOENT', 'no such object']],
  [EINTR, ['EINTR', 'interrupted']],
  [EAGAIN, ['EAGAIN', 'nothing there yet']],
  [ENOMEM, ['ENOMEM', 'out of memory']],
  [EACCES, ['EACCES', 'permission denied']],
  [EBUSY, ['EBUSY', 'busy']],
  [EEXIST, ['EEXIST', 'exists already']],
  [EINVAL, ['EINVAL', 'invalid argument']],
  [ENFILE, ['ENFILE', 'no room']],
  [ENOTEMPTY, ['ENOTEMPTY', 'overlaps']],
  [ERESTART, ['ERESTART', 'changed meanwhile']],
  [EMSGSIZE, ['EMSGSIZE', 'message too long']],
  [EPROTONOSUPPORT, ['EPROTONOSUPPORT', 'protocol not supported']],
  [EOPNOTSUPP, ['EOPNOTSUPP', 'operation not supported']],
  [EAFNOSUPPORT, ['EAFNOSUPPORT', 'address family not supported']],
  [ENOBUFS, ['ENOBUFS', 'no buffer space']],
]);

/** `EPERM (operation not permitted)`, or `errno 4107` for numbers of a subsystem's own. */
export function describeErrno(errno: number): string {
  const known = KNOWN.get(errno);
  return known === undefined ? `errno ${errno}` : `${known[0]} (${known[1]})`;
}
