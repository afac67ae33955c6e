import type { Firewall } from '../firewall.js';
import type { Disturbance } from './disturbance.js';

/**
 * An empty state folder and empty sets, as after a reinstallation. Were the sets left as they are, then
 * what is in them would be somebody else's, which a new vallumd rightly leaves there for ever.
 *
 * Not often in a round: what the only nodes knew that were there is lost with them.
 */
export const reinstall: Disturbance<Firewall> = {
  name: 'reinstall',
  lasts: [1, 6],
  takesAway: true,
  mostOften: 2,
  async begin(firewall) {
    await firewall.end('SIGKILL');
    await firewall.disk.empty();
    await firewall.sets.destroy(firewall.namespace);
  },
  async end(firewall) {
    await firewall.sets.create(firewall.namespace);
    await firewall.start();
  },
};
