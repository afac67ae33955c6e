/** What only runs need for which the broker was, or is, away. */
export const loadSpool = () => import('./spool.js');
