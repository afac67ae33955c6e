import type { Firewall } from '../firewall.js';
import type { Disturbance } from './disturbance.js';

export const stopForLong: Disturbance<Firewall> = {
  name: 'stop for long',
  lasts: [8, 20],
  takesAway: true,
  begin: (firewall) => firewall.end('SIGTERM'),
  end: (firewall) => firewall.start(),
};
