import type { Firewall } from '../firewall.js';
import type { Disturbance } from './disturbance.js';

/** As on a machine that swaps, or a virtual one that is moved: it goes on as if nothing had been. */
export const hold: Disturbance<Firewall> = {
  name: 'hold still',
  lasts: [3, 12],
  takesAway: true,
  begin: async (firewall) => firewall.signal('SIGSTOP'),
  end: async (firewall) => firewall.signal('SIGCONT'),
};
