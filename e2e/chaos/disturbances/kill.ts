import type { Firewall } from '../firewall.js';
import type { Disturbance } from './disturbance.js';

export const kill: Disturbance<Firewall> = {
  name: 'kill -9',
  lasts: [0, 2],
  takesAway: true,
  begin: (firewall) => firewall.end('SIGKILL'),
  end: (firewall) => firewall.start(),
};
