import type { Firewall } from '../firewall.js';
import type { Disturbance } from './disturbance.js';

export const pullCable: Disturbance<Firewall> = {
  name: 'pull the cable',
  lasts: [2, 15],
  takesAway: true,
  begin: ({ hub, name }) => hub.pull(name),
  end: ({ hub, name }) => hub.plugBack(name),
};
