import type { VallumError } from '@vallum/core';

/**
 * The error as Vallum's own, or undefined. Not by `instanceof`: the bundle has a class of its own, and what
 * is loaded late another of the same name.
 */
export function asVallumError(error: unknown): VallumError | undefined {
  return error instanceof Error && error.name === 'VallumError'
    ? (error as VallumError)
    : undefined;
}
