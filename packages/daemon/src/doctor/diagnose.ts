import type { HostAddress } from '@vallum/core';
import type { SeenCertificate } from '@vallum/core/mqtt';
import {
  checkBroker,
  checkCertificates,
  checkEncryption,
  checkPublication,
  checkSecrets,
  checkSession,
  checkSubscriptions,
  finding,
  type BrokerFacts,
  type Finding,
  type SecretFacts,
} from '@vallum/doctor';
import type { Settings } from '../settings.js';
import { checkProtect } from './check-protect.js';
import { checkRules, checkRuleSources } from './check-rules.js';
import { checkKernel, checkPermission, checkRoom, checkSets } from './check-sets.js';
import { checkStatus } from './check-status.js';
import { setKind, type KernelFacts } from './gather-kernel.js';

/** All that was found out. */
export interface Facts {
  /** undefined: the backend does not use the kernel. */
  readonly kernel?: KernelFacts;
  /** A sentence where it could not even be asked. */
  readonly broker: BrokerFacts | string;
  readonly ownCertificates: readonly SeenCertificate[];
  readonly secrets: readonly SecretFacts[];
  readonly host: readonly HostAddress[];
  readonly sshClient: string | undefined;
  readonly nowUnix: number;
}

/** Every check over the facts, in the order in which things are mended. */
export function diagnose(settings: Settings, facts: Facts): Finding[] {
  return [
    ...diagnoseKernel(settings, facts.kernel),
    ...diagnoseBroker(settings, facts),
    ...checkSecrets(facts.secrets),
    ...diagnoseProtection(settings, facts),
  ];
}

function diagnoseKernel(settings: Settings, kernel: KernelFacts | undefined): Finding[] {
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
  return [
    ...idle,
    ...checkKernel(sets),
    ...checkPermission(netAdmin, sets),
    ...checkSets(sets, settings.live.create !== undefined),
    ...checkRoom(sets),
    ...checkRuleSources(rules),
    ...checkRules(sets, rules, kind, settings.backend.table),
  ];
}

function diagnoseBroker(settings: Settings, facts: Facts): Finding[] {
  const { broker, ownCertificates, nowUnix } = facts;
  if (typeof broker === 'string') return [finding('critical', 'broker', 'broker', broker)];
  const connected = broker.connection?.state === 'connected';
  const withPassword = settings.mqtt.password !== undefined;
  return [
    ...checkBroker(broker),
    ...checkCertificates(broker.sight, ownCertificates, nowUnix),
    ...checkEncryption(broker, withPassword),
    ...checkSession(broker),
    ...checkSubscriptions(broker),
    ...checkPublication(broker, { level: 'warning', text: 'nobody sees whether this node is up' }),
    ...(connected && settings.publishStatus ? checkStatus(settings.node, broker.status) : []),
  ];
}

function diagnoseProtection(settings: Settings, { broker, host, sshClient }: Facts): Finding[] {
  // Nobody is locked out by what is only remembered.
  if (settings.keeper) return [];
  const { live } = settings;
  const connection = typeof broker === 'string' ? undefined : broker.connection;
  return checkProtect({
    protect: live.policy.protect ?? [],
    protectHost: live.policy.protectHost !== false,
    host,
    broker: connection?.state === 'connected' ? connection.brokerAddresses : [],
    sshClient,
  });
}
