import { LEASES_PER_ADDRESS } from '../lease/merge.js';
import { REMEMBER_SECONDS } from '../lease/remember.js';
import { VallumError } from '../words/errors.js';
import type { SetName } from '../words/names.js';
import { InternedOrigins, InternedTexts } from './interned.js';

/** What publishers can make a ledger hold at most. */
export interface LedgerLimits {
  /** Leases, withdrawals and sweeps in all; 2,000,000 by default. */
  readonly registers?: number;
  /** Leases and withdrawals of one address; 64 by default. */
  readonly leasesPerAddress?: number;
  /** Distinct origins; 16,384 by default, 65,535 at most. */
  readonly origins?: number;
  /** Distinct reasons; 65,536 by default. */
  readonly reasons?: number;
  /** Withdrawals and sweeps of which it is not known what they ended; 200,000 by default. */
  readonly unseenWithdrawals?: number;
}

export interface LedgerOptions {
  readonly limits?: LedgerLimits;
  /** Sets with bounds of their own: whoever fills the others takes no room from them. */
  readonly apart?: ReadonlyMap<SetName, LedgerLimits>;
  /** How long a withdrawal is remembered of which it is not known what it ended; 30 days by default. */
  readonly rememberSeconds?: number;
}

const DEFAULTS: Required<LedgerLimits> = {
  registers: 2_000_000,
  leasesPerAddress: LEASES_PER_ADDRESS,
  origins: 16_384,
  reasons: 65_536,
  unseenWithdrawals: 200_000,
};
const MAXIMA: Required<LedgerLimits> = {
  registers: 0x7fff_ffff,
  leasesPerAddress: 0xffff,
  origins: 0xffff,
  reasons: 0xffff_ffff,
  unseenWithdrawals: 0x7fff_ffff,
};

/** Past leases that one address may have: the youngest of them are kept. */
export const PAST_PER_ADDRESS = 32;
/** What the past may take of all registers: room for live bans comes first. */
export const SHARE_OF_PAST = 1 / 4;

/** What pages of a ledger share: their bounds and what counts towards them. */
export class Shared {
  readonly limits: Required<LedgerLimits>;
  readonly rememberSeconds: number;
  readonly origins: InternedOrigins;
  readonly reasons: InternedTexts;
  registers = 0;
  liveLeases = 0;
  unseenWithdrawals = 0;
  /** Leases that were renewed or withdrawn, and are remembered for a policy. */
  pastLeases = 0;

  /** @throws VallumError INVALID_ARGUMENT where a limit is no number that the ledger can count to */
  constructor({
    limits = {},
    rememberSeconds = REMEMBER_SECONDS,
  }: Pick<LedgerOptions, 'limits' | 'rememberSeconds'>) {
    this.limits = { ...DEFAULTS, ...limits };
    for (const name of Object.keys(DEFAULTS) as (keyof LedgerLimits)[]) {
      const limit = this.limits[name];
      if (Number.isInteger(limit) && limit >= 0 && limit <= MAXIMA[name]) continue;
      throw new VallumError(`limit ${name} takes a whole number up to ${MAXIMA[name]}`, {
        code: 'INVALID_ARGUMENT',
        operation: 'new Ledger',
      });
    }
    this.rememberSeconds = rememberSeconds;
    this.origins = new InternedOrigins(this.limits.origins);
    this.reasons = new InternedTexts(this.limits.reasons);
  }
}
