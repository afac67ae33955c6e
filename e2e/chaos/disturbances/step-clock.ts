import type { Firewall } from '../firewall.js';
import type { Disturbance } from './disturbance.js';

/** Within what is promised, and far beyond. */
const STEPS_SECONDS = [3, -3, 45, -45, 600, -600, 7_200, -7_200];

/** The wall clock is set, and set right again; how long a second takes stays as it is. */
export const stepClock: Disturbance<Firewall> = {
  name: 'set the clock',
  lasts: [4, 12],
  takesAway: true,
  canMeet: ({ hasOwnClock }) => hasOwnClock,
  choice: (dice) => `by ${String(stepOf(dice))} s`,
  begin: (firewall, dice) => firewall.setClock(stepOf(dice)),
  end: (firewall) => firewall.setClock(0),
};

function stepOf(dice: number): number {
  return STEPS_SECONDS[Math.floor(dice * STEPS_SECONDS.length)] ?? 0;
}
