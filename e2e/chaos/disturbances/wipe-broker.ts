import type { Site } from '../site.js';
import type { Disturbance } from './disturbance.js';

/** So many firewalls are left by all other disturbances together. */
const LEFT = 4;

/** Every session is gone, and all that waited: what comes before somebody subscribes reaches nobody. */
export const wipeBroker: Disturbance<Site> = {
  name: 'wipe the broker',
  lasts: [0, 4],
  takesAway: false,
  mostOften: 1,
  async begin({ hub, model }) {
    model.brokerLost(Date.now());
    await hub.broker.kill();
    await hub.broker.forget();
  },
  async end({ hub, model }) {
    await hub.broker.start();
    await hub.subscribed(LEFT);
    model.brokerBack(Date.now());
  },
};
