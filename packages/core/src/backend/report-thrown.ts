import { VallumError } from '../words/errors.js';
import type { Change, ChangeFault, ChangeReport } from './backend.js';
import { failedChange } from './explain-fault.js';

const FAULTS: Partial<Record<VallumError['code'], ChangeFault>> = {
  PERMISSION_DENIED: 'permission-denied',
  BACKEND_UNAVAILABLE: 'unavailable',
};

/** The verdict on a change whose set could not be asked about. @throws what is no VallumError */
export function reportThrown(change: Change, error: unknown): ChangeReport {
  return failedChange(change, faultOf(error), error instanceof Error ? error.message : undefined);
}

/** What a set that cannot be asked about means for its changes. @throws what is no VallumError */
export function faultOf(error: unknown): ChangeFault {
  if (!(error instanceof VallumError)) throw error;
  return FAULTS[error.code] ?? 'unknown';
}
