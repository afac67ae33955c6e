import type { VallumError, VallumErrorCode } from '@vallum/core';

/**
 * What an error of Vallum's own says; undefined of any other. Not by `instanceof`: the bundle has a class of its own, and what
 * is loaded late another of the same name.
 */
export function asVallumError(error: unknown): Pick<VallumError, 'code' | 'message'> | undefined {
  return error instanceof Error && error.name === 'VallumError' && 'code' in error
    ? { code: error.code as VallumErrorCode, message: error.message }
    : undefined;
}
