import type { Firewall } from '../firewall.js';
import type { Disturbance } from './disturbance.js';

/** `ipset swap`, or `nft -f` with a ruleset that begins with a flush. */
export const swapSets: Disturbance<Firewall> = {
  name: 'swap the sets',
  lasts: [0, 0],
  takesAway: false,
  begin: ({ sets, namespace }) => sets.swap(namespace),
  end: () => Promise.resolve(),
};
