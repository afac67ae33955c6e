import { Firewall } from './firewall.js';
import { Hub } from './hub.js';
import { Model } from './model.js';
import { Publisher } from './publisher.js';
import { ROSTER } from './roster.js';
import type { Site } from './site.js';

/** Builds everything, and waits until every firewall listens. */
export async function buildFleet(): Promise<Site> {
  const hub = await Hub.create();
  const firewalls: Firewall[] = [];
  for (const profile of ROSTER) firewalls.push(await Firewall.create(profile, hub));
  await Promise.all(firewalls.map((firewall) => firewall.start()));
  await Promise.all(firewalls.map((firewall) => firewall.listens()));
  const model = new Model();
  return { hub, firewalls, model, publisher: new Publisher(model, hub.broker.port) };
}
