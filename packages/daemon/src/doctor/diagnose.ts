import type { HostAddress } from '@vallum/core';
import type { SeenCertificate } from '@vallum/core/mqtt';
import {
  checkBroker,
  checkOwnAnswer,
  checkCertificates,
  checkEncryption,
  checkPublication,
  checkSecrets,
  checkReading,
  checkSession,
  finding,
  shellWord,
  type BrokerFacts,
  type Finding,
  type SecretFacts,
} from '@vallum/doctor';
import type { Settings } from '../settings.js';
import { checkFleetList } from './check-fleet-list.js';
import { checkProtect } from './check-protect.js';
import { checkRules, checkRuleSources } from './check-rules.js';
import { checkKernel, checkPermission, checkRoom, checkSets, checkUnfit } from './check-sets.js';
import { checkDaemon } from './check-daemon.js';
import { checkMissed } from './check-missed.js';
import { checkRepair } from './check-repair.js';
import { findElsewhere } from './find-elsewhere.js';
import type { DaemonFacts } from './gather-daemon.js';
import { setKind, type KernelFacts } from './gather-kernel.js';
import { readStatus, type NodeStatus } from './read-status.js';
import { remediesFor } from './set-remedies.js';
import { readingsOf, syncTopics } from './what-to-prove.js';

/** All that was found out. */
export interface Facts {
  /** undefined: the backend does not use the kernel. */
  readonly kernel?: KernelFacts;
  /** A sentence where it could not even be asked. */
  readonly broker: BrokerFacts | string;
  readonly ownCertificates: readonly SeenCertificate[];
  readonly secrets: readonly SecretFacts[];
  /** What runs here with these options. */
  readonly daemon: DaemonFacts;
  /** The file that the options come from, in part, or would. */
  readonly configPath: string;
  readonly host: readonly HostAddress[];
  readonly sshClient: string | undefined;
  readonly nowUnix: number;
}

/** Every check over the facts, in the order in which things are mended. */
export function diagnose(settings: Settings, facts: Facts): Finding[] {
  const { broker } = facts;
  const text = typeof broker === 'string' ? undefined : broker.status;
  const status = text === undefined ? undefined : readStatus(text);
  return [
    ...diagnoseKernel(settings, facts, status),
    ...diagnoseBroker(settings, facts, status),
    ...diagnoseDaemon(settings, facts, status),
    ...checkSecrets(facts.secrets),
    ...diagnoseProtection(settings, facts),
  ];
}

function diagnoseKernel(
  settings: Settings,
  { kernel, configPath }: Pick<Facts, 'kernel' | 'configPath'>,
  status: NodeStatus | undefined,
): Finding[] {
  if (settings.keeper) {
    const what = 'enforces nothing, and remembers all bans for the other nodes';
    return [finding('ok', 'backend', 'keeper', what)];
  }
  const backend = settings.backend.name;
  const idle =
    backend === 'memory' || backend === 'dry-run'
      ? [
          finding(
            'warning',
            'backend',
            backend,
            'bans do not reach the kernel, so that no packet is dropped',
            'leave out --backend',
          ),
        ]
      : [];
  const kind = setKind(backend);
  if (!kernel || kind === undefined) return idle;
  const { sets, rules, netAdmin } = kernel;
  const remedies = remediesFor(settings.backend, settings.live.topics, kernel);
  return [
    ...idle,
    ...checkKernel(sets, remedies),
    ...checkPermission(netAdmin, sets, 'doctor'),
    ...checkSets(sets, settings.live.create !== undefined, remedies, {
      ...{ find: findElsewhere(settings.backend, rules.tables), configPath },
    }),
    ...checkUnfit(sets, status?.unfit ?? [], remedies),
    ...checkRoom(sets, remedies),
    ...checkRuleSources(rules),
    ...checkRules(sets, rules, kind, settings.backend.table),
  ];
}

function diagnoseBroker(
  settings: Settings,
  facts: Facts,
  status: NodeStatus | undefined,
): Finding[] {
  const { broker, ownCertificates, nowUnix, daemon } = facts;
  if (typeof broker === 'string') return [finding('critical', 'broker', 'broker', broker)];
  const withPassword = settings.mqtt.password !== undefined;
  const received = daemon.contact?.received ?? status?.contact.received ?? {};
  return [
    ...checkBroker(broker),
    ...checkCertificates(broker.sight, ownCertificates, nowUnix),
    ...checkEncryption(broker, withPassword),
    ...checkSession(broker),
    ...checkReading(broker, readingsOf(settings, received), nowUnix),
    // Of who does not run, or runs where that cannot be seen, an answer alone says something.
    ...checkOwnAnswer(broker.answers, settings.node).filter(
      ({ level }) => level === 'ok' || typeof daemon.process === 'number',
    ),
    ...checkRepair(broker, {
      ...{ node: settings.node, topics: syncTopics(settings), heard: status?.heard },
    }),
    ...checkFleetList(broker, status?.listHeard),
    ...checkPublication(broker, { level: 'warning', text: 'nobody sees whether this node is up' }),
  ];
}

function diagnoseDaemon(
  { node, repair, stateFolder }: Settings,
  { daemon, nowUnix }: Facts,
  status: NodeStatus | undefined,
): Finding[] {
  // The file is there at once, and a status some seconds later.
  const contact = daemon.contact ?? (status?.state === 'online' ? status.contact : undefined);
  const where =
    stateFolder === undefined || stateFolder === '/var/lib/vallum'
      ? ''
      : ` --state-dir ${shellWord(stateFolder)}`;
  return [
    ...checkDaemon({ node, daemon, status, nowUnix }),
    // Who does not run misses everything, which is said.
    ...(daemon.process === 'none'
      ? []
      : checkMissed({
          ...{ node, contact, repair, nowUnix },
          reconcile: `vallumd reconcile${where}`,
        })),
  ];
}

function diagnoseProtection(
  settings: Settings,
  { broker, host, sshClient, configPath }: Facts,
): Finding[] {
  // Nobody is locked out by what is only remembered.
  if (settings.keeper) return [];
  const { live } = settings;
  const connection = typeof broker === 'string' ? undefined : broker.connection;
  return checkProtect({
    protect: live.policy.protect ?? [],
    protectHost: live.policy.protectHost !== false,
    ...{ host, configPath },
    broker: connection?.state === 'connected' ? connection.brokerAddresses : [],
    sshClient,
  });
}
