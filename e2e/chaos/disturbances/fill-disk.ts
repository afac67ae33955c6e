import type { Firewall } from '../firewall.js';
import type { Disturbance } from './disturbance.js';

/** Half of those whose disk is full are killed on top of it. */
export const fillDisk: Disturbance<Firewall> = {
  name: 'fill the disk',
  lasts: [3, 12],
  takesAway: true,
  choice: (dice) => (isKilled(dice) ? 'and kill -9' : 'and no more'),
  async begin(firewall, dice) {
    await firewall.disk.fill();
    if (!isKilled(dice)) return;
    await firewall.end('SIGKILL');
    await firewall.start();
  },
  end: ({ disk }) => disk.clear(),
};

function isKilled(dice: number): boolean {
  return dice < 0.5;
}
