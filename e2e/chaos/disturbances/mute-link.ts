import type { Firewall } from '../firewall.js';
import type { Disturbance } from './disturbance.js';

export const muteLink: Disturbance<Firewall> = {
  name: 'swallow every packet',
  lasts: [2, 15],
  takesAway: true,
  begin: ({ hub, name }) => hub.mute(name, true),
  end: ({ hub, name }) => hub.mute(name, false),
};
