import { type Backend } from '@vallum/core';
import { run, type Run } from '@vallum/core/backend';
import { lookAtBroker, type BrokerSight } from '@vallum/core/mqtt';
import { checkCertificates, readCertificate, type Finding } from '@vallum/doctor';
import { runTogether } from '../firewall/run-together.js';
import type { Settings } from '../settings.js';
import { checkRules } from './check-rules.js';
import { checkPermission, checkRoom } from './check-sets.js';
import { gatherKernel, setKind } from './gather-kernel.js';
import { remediesFor } from './set-remedies.js';

export interface CheapOptions {
  readonly topics: () => Settings['live']['topics'];
  readonly settings: Pick<Settings, 'backend' | 'mqtt'>;
  readonly inspect: Backend['inspect'];
  readonly run?: Run;
  readonly look?: typeof lookAtBroker;
  readonly nowMs?: () => number;
}

/** A connection for the certificate alone stands in the broker's log: twice a day is enough. */
const CERTIFICATE_EVERY_MS = 12 * 60 * 60 * 1000;

/**
 * What the daemon asks itself at its start and on a schedule. What the sets are, and whether the
 * broker is there, it says by itself as soon as it changes: that is left out here.
 */
export function cheapChecks(options: CheapOptions): () => Promise<Finding[]> {
  const { settings, topics, inspect } = options;
  const now = options.nowMs ?? Date.now;
  const look = options.look ?? lookAtBroker;
  const programs = options.run ?? runTogether(run);
  let sight: BrokerSight | undefined;
  let lookedAtMs = -Infinity;

  return async () => {
    const kind = setKind(settings.backend.name);
    const findings: Finding[] = [];
    if (kind !== undefined && settings.backend.name !== 'dry-run') {
      const facts = await gatherKernel(topics(), { inspect, run: programs });
      const remedies = remediesFor(settings.backend, topics(), facts);
      findings.push(
        ...checkPermission(facts.netAdmin, facts.sets, 'vallumd'),
        ...checkRoom(facts.sets, remedies),
        ...checkRules(facts.sets, facts.rules, kind, settings.backend.table),
      );
    }
    if (now() - lookedAtMs >= CERTIFICATE_EVERY_MS) {
      const seen = await look(settings.mqtt).catch(() => undefined);
      // A broker that cannot be reached is said elsewhere; the next time may be better.
      if (seen && seen.fault === undefined) {
        sight = seen;
        lookedAtMs = now();
      }
    }
    if (sight) {
      const own = await readCertificate(settings.mqtt.certFile);
      findings.push(...checkCertificates(sight, own, now() / 1000));
    }
    return findings;
  };
}
