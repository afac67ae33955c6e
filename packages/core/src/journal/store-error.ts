import { VallumError } from '../words/errors.js';

const NOT_WRITABLE = '; choose a state folder that this user may write to';
const NO_FOLDER = '; choose a state folder that is a folder';
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: NOT_WRITABLE,
  EPERM: NOT_WRITABLE,
  EROFS: NOT_WRITABLE,
  EEXIST: NO_FOLDER,
  ENOTDIR: NO_FOLDER,
  ENOSPC: '; make room on this disk',
  EDQUOT: '; raise the disk quota of this user',
};

/** A `STORE_FAILED` that says what was being done, why it failed, and what to do. */
export function storeError(operation: string, cause: unknown): VallumError {
  if (cause instanceof VallumError) return cause;
  const { message } = (cause ?? {}) as { message?: unknown };
  const detail = typeof message === 'string' ? message : String(cause);
  const remedy = REMEDIES[codeOf(cause) ?? ''] ?? '';
  return new VallumError(`cannot ${operation}: ${detail}${remedy}`, {
    code: 'STORE_FAILED',
    operation,
    cause,
  });
}

/** Such as `ENOSPC`. */
export function codeOf(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException | undefined)?.code;
}
