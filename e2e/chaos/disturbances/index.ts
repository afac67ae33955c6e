import type { Firewall } from '../firewall.js';
import type { Site } from '../site.js';
import type { Disturbance } from './disturbance.js';
import { destroySets } from './destroy-sets.js';
import { fillDisk } from './fill-disk.js';
import { flushSets } from './flush-sets.js';
import { hold } from './hold.js';
import { kill } from './kill.js';
import { muteLink } from './mute-link.js';
import { pullCable } from './pull-cable.js';
import { reinstall } from './reinstall.js';
import { restartBroker } from './restart-broker.js';
import { stepClock } from './step-clock.js';
import { stopForLong } from './stop-for-long.js';
import { swapSets } from './swap-sets.js';
import { wipeBroker } from './wipe-broker.js';

export const OF_FIREWALLS: readonly Disturbance<Firewall>[] = [
  ...[kill, stopForLong, hold, reinstall, pullCable, muteLink],
  ...[flushSets, destroySets, swapSets, fillDisk, stepClock],
];

export const OF_THE_BROKER: readonly Disturbance<Site>[] = [restartBroker, wipeBroker];
