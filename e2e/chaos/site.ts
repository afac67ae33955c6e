import type { Firewall } from './firewall.js';
import type { Hub } from './hub.js';
import type { Model } from './model.js';
import type { Publisher } from './publisher.js';

/** The whole of it: the broker, the firewalls, who publishes, and what must hold. */
export interface Site {
  readonly hub: Hub;
  readonly firewalls: readonly Firewall[];
  readonly publisher: Publisher;
  readonly model: Model;
}
