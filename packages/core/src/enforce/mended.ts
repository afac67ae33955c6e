import type { RowVerdict } from './row-verdict.js';

/** What became of rows that differed. */
export interface Mended {
  added: number;
  deleted: number;
  failed: number;
  /** What the kernel said to the first that failed. */
  failure?: string;
}

/** What the kernel set differed in from the ledger, and was brought to it, since the start. */
export interface Drift {
  /** Bans that were missing. */
  added: number;
  /** Entries of ours that should not have been there. */
  deleted: number;
}

export function nothingMended(): Mended {
  return { added: 0, deleted: 0, failed: 0 };
}

export function countMended(mended: Mended, verdict: RowVerdict): void {
  if (typeof verdict === 'object') {
    mended.failed += 1;
    mended.failure ??= verdict.detail;
  } else if (verdict === 'added') mended.added += 1;
  else if (verdict === 'deleted') mended.deleted += 1;
}
