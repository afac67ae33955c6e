/** What became of an entry that was merged into a ledger. */

/** A lease that was not there or had ended; a withdrawal or sweep that ended a live lease. */
export const ADDED = 0;
/** A live lease has another end now. */
export const RENEWED = 1;
/** A live lease was asked for anew with the same end and reason: nothing but its stamp has changed. */
export const REPEATED = 2;
/** All of it was known. */
export const EQUAL = 3;
/** Something younger is known of this key: nothing has changed. */
export const OLDER = 4;
/** A ban that a younger withdrawal or sweep has ended: nothing has changed. */
export const DEAD = 5;
/** An unban where there was no live lease; remembered all the same. */
export const NOT_HELD = 6;
/** An unban of what was never banned, of which too many are remembered: to be carried out, then forgotten. */
export const NOT_REMEMBERED = 7;
/** The address has its bound of registers, all with a greater stamp (or as great, and a greater origin). */
export const TOO_MANY_LEASES = 8;
export const TOO_MANY_IN_ALL = 9;
export const TOO_MANY_ORIGINS = 10;
export const TOO_MANY_REASONS = 11;
/** `ADDED`, and the address had its bound of registers: the least of them is gone for it. */
export const ADDED_OUSTING = 12;
/** As `OLDER` or `EQUAL`; what is known has to be remembered for longer than it had. */
export const OLDER_NOTED = 13;
/** As `DEAD`; what ended it has to be remembered for another time than it had. */
export const DEAD_NOTED = 14;
/** A live lease has another reason now, and perhaps another end. */
export const REWORDED = 15;
/** A live lease was asked for anew with the same reason, both times with the end that the set gives. */
export const REPEATED_AS_THE_SET_SAYS = 16;

/** True where the ledger is not what it was: the entry belongs in the journal. */
export function changesLedger(outcome: number): boolean {
  return CHANGING[outcome] === 1;
}

const CHANGING = /* @__PURE__ */ new Uint8Array(17);
for (const outcome of [
  ADDED,
  RENEWED,
  REPEATED,
  REPEATED_AS_THE_SET_SAYS,
  REWORDED,
  NOT_HELD,
  ADDED_OUSTING,
  OLDER_NOTED,
  DEAD_NOTED,
]) {
  CHANGING[outcome] = 1;
}
