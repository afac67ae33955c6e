import type { Site } from '../site.js';
import type { Disturbance } from './disturbance.js';

/** It keeps its sessions and what waits in them. */
export const restartBroker: Disturbance<Site> = {
  name: 'restart the broker',
  lasts: [0, 4],
  takesAway: false,
  begin: ({ hub }) => hub.broker.stop(),
  end: ({ hub }) => hub.broker.start(),
};
