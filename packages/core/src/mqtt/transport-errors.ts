import { VallumError } from '../words/errors.js';
import { errorCode } from './error-code.js';

/** Why a connection is not even tried, from what a password function or a file said. */
export function unusable(error: unknown): string {
  return error instanceof VallumError
    ? error.message
    : `the password or the certificate files cannot be used: ${String(errorCode(error) ?? 'unknown error')}`;
}

export function closed(operation: string): VallumError {
  return new VallumError('the transport has been closed', { code: 'CLOSED', operation });
}

export function invalid(message: string, operation: string): VallumError {
  return new VallumError(message, { code: 'INVALID_ARGUMENT', operation: `mqtt ${operation}` });
}
