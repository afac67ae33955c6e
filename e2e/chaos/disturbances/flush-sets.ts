import type { Firewall } from '../firewall.js';
import type { Disturbance } from './disturbance.js';

export const flushSets: Disturbance<Firewall> = {
  name: 'flush the sets',
  lasts: [0, 0],
  takesAway: false,
  begin: ({ sets, namespace }) => sets.flush(namespace),
  end: () => Promise.resolve(),
};
