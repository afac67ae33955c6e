import type { Firewall } from '../firewall.js';
import type { Disturbance } from './disturbance.js';

export const destroySets: Disturbance<Firewall> = {
  name: 'destroy the sets',
  lasts: [1, 5],
  takesAway: false,
  begin: ({ sets, namespace }) => sets.destroy(namespace),
  async end({ profile, sets, namespace }) {
    if (!profile.create) await sets.create(namespace);
  },
};
