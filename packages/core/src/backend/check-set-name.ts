import { VallumError } from '../words/errors.js';
import { parseSetName, type SetName } from '../words/names.js';

/** @throws VallumError `INVALID_ARGUMENT` */
export function checkSetName(text: string, operation: string): SetName {
  const name = parseSetName(text);
  if (name.ok) return name.value;
  const message = `${operation}: ${JSON.stringify(text)} names no set: ${name.detail}`;
  throw new VallumError(message, { code: 'INVALID_ARGUMENT', operation });
}
