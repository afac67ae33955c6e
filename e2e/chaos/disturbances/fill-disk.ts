import type { Firewall } from '../firewall.js';
import type { Disturbance } from './disturbance.js';

/** Half of those whose disk is full are killed on top of it. */
export const fillDisk: Disturbance<Firewall> = {
  name: 'fill the disk',
  lasts: [3, 12],
  takesAway: true,
  async begin(firewall, dice) {
    await firewall.disk.fill();
    if (dice < 0.5) return;
    await firewall.end('SIGKILL');
    await firewall.start();
  },
  end: ({ disk }) => disk.clear(),
};
