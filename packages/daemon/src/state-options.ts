import { daemonOptions } from './options.js';

const SHOWN: ReadonlySet<string> = new Set(['state-dir', 'utc', 'config', 'help']);

/** What commands about the state folder make use of; the others are taken, and mean nothing there. */
export const stateOptions = daemonOptions.filter(({ name }) => SHOWN.has(name));

/** `vallumd reconcile` asks over the control socket first. */
export const reconcileOptions = daemonOptions.filter(
  ({ name }) => SHOWN.has(name) || name === 'control',
);
