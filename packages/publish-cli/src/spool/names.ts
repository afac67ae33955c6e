/** Of the folder in the spool where files are before they are whole, and what calls know of each other. */
export const WORK = '.work';
/** Of what says that a broker was away. */
export const AWAY_PREFIX = 'away-';
/** For so long the next calls need not find out for themselves. */
export const AWAY_KNOWN_FOR_MS = 60_000;
