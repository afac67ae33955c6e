import { hostname } from 'node:os';
import {
  isProtectBinding,
  parseAddress,
  PROTECT_TOPIC,
  VallumError,
  type CreateOptions,
  type PolicyOptions,
  type SetPolicy,
  type TableOptions,
} from '@vallum/core';
import { parseBinding, type Binding } from '@vallum/core/protocol';
import type { MqttOptions } from '@vallum/core/mqtt';
import { describePlace, quote, toMqttOptions, type Place, type Values } from '@vallum/options';
import { readCertificate, type CertificateFiles } from './embedded-broker/listen-certificate.js';
import {
  isLoopback,
  parseListenAddress,
  connectHost,
  type ListenAddress,
} from './listen-address.js';
import { controlPath } from './control/control-path.js';
import { httpWarnings, readHttp, type HttpSettings } from './control/http-settings.js';
import type { LogStyle } from './log.js';
import type { daemonOptions } from './options.js';
import { readSetPolicies, SetPolicyFault } from './read-set-policies.js';

export type DaemonValues = Values<typeof daemonOptions>;
export type DaemonPlaces = Readonly<Record<keyof DaemonValues, Place>>;

/** What edits the sets, and with nftables the table that holds them. */
export interface BackendChoice {
  readonly name: DaemonValues['backend'];
  readonly table: Pick<TableOptions, 'family' | 'table'>;
}

/** The embedded broker. */
export interface Listen {
  readonly address: ListenAddress;
  /** undefined: no TLS. */
  readonly certificate: CertificateFiles | undefined;
  /** The node is a client of its own: no other broker is named. */
  readonly isOwnBroker: boolean;
}

/** What vallumd works with: the options, checked and in the terms of core. */
export interface Settings {
  /** Can be changed while it runs. */
  readonly live: {
    readonly topics: readonly Binding[];
    readonly policy: PolicyOptions;
    readonly policies: Readonly<Record<string, SetPolicy>>;
    readonly create: CreateOptions | undefined;
    readonly log: LogStyle;
  };
  readonly mqtt: MqttOptions;
  /** undefined: no embedded broker. */
  readonly listen: Listen | undefined;
  readonly backend: BackendChoice;
  readonly logTarget: DaemonValues['log-target'];
  readonly logEntries: DaemonValues['log-entries'];
  readonly node: string;
  readonly publishStatus: boolean;
  /** Nothing is enforced: the node remembers for the others. */
  readonly keeper: boolean;
  /** What it has to do with the fleet's protect list. */
  readonly protection: { readonly keeps: boolean; readonly announces: boolean };
  /** Whether bans are compared with those of other nodes. */
  readonly repair: boolean;
  /** How long withdrawals are remembered of what has no end of its own. */
  readonly rememberSeconds: number;
  /** Leases and withdrawals in all. */
  readonly maxLeases: number;
  /** undefined: the ledger is kept in memory only, because nobody asked for more. */
  readonly stateFolder: string | undefined;
  /** Where questions of this machine are answered; undefined: nowhere. */
  readonly controlPath: string | undefined;
  /** undefined: HTTP is not answered. */
  readonly http: HttpSettings | undefined;
  readonly warnings: readonly string[];
}

/** What keeps the options from being used, and how the program ends because of it. */
export interface SettingsFault {
  /** `incomplete`: what cannot be left out is missing, so the usage is worth showing. */
  readonly kind: 'incomplete' | 'usage' | 'config';
  readonly detail: string;
}

class Unusable extends Error {
  readonly kind: SettingsFault['kind'];

  constructor(kind: SettingsFault['kind'], detail: string) {
    super(detail);
    this.kind = kind;
  }
}

type Refuse = (name: keyof DaemonValues, problem: string) => never;

export function readSettings(
  values: DaemonValues,
  places: DaemonPlaces,
  env: Readonly<Record<string, string | undefined>>,
): { readonly ok: true; readonly value: Settings } | ({ readonly ok: false } & SettingsFault) {
  try {
    return { ok: true, value: read(values, places, env) };
  } catch (error) {
    if (error instanceof Unusable) return { ok: false, kind: error.kind, detail: error.message };
    if (error instanceof SetPolicyFault) {
      return { ok: false, kind: 'config', detail: error.message };
    }
    if (error instanceof VallumError) return { ok: false, kind: 'config', detail: error.message };
    throw error;
  }
}

function read(
  values: DaemonValues,
  places: DaemonPlaces,
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  /** Refuses a value, naming where it came from. */
  const refuse: Refuse = (name, problem) => {
    const place = places[name];
    const kind = place.source === 'file' ? 'config' : 'usage';
    throw new Unusable(kind, `${describePlace(place)} ${problem}`);
  };

  if (values.host === undefined && values.url === undefined && values.listen === undefined) {
    throw new Unusable('incomplete', 'no broker is given: -h HOST, --url URL or --listen PORT');
  }
  if (values.topic.length === 0) throw new Unusable('incomplete', 'no topic is given: -t TOPIC');

  const listen = readListen(values, refuse);
  const http = readHttp(values, refuse);
  const topics = values.topic.map((text) => {
    const binding = parseBinding(text);
    if (!binding.ok) return refuse('topic', `is ${quote(text)}: ${binding.detail}`);
    if (/^vallumd(\/|$)/.test(binding.value.topic)) {
      return refuse(
        'topic',
        `is ${quote(text)}: nodes publish their status on vallumd; name another`,
      );
    }
    if (isProtectBinding(binding.value)) {
      return refuse(
        'topic',
        `is ${quote(text)}: ${PROTECT_TOPIC} is the fleet's protect list; name another`,
      );
    }
    return binding.value;
  });
  for (const text of values.protect) {
    const address = parseAddress(text);
    if (!address.ok) refuse('protect', `holds ${quote(text)}: ${address.detail}`);
  }
  if (values.create && values['create-type'] === 'bitmap:ip' && !values['create-range']) {
    refuse('create-type', 'is bitmap:ip, which needs --create-range, such as 192.0.2.0/24');
  }

  if (values.keeper && values.backend !== 'memory' && places.backend.source !== 'default') {
    refuse('backend', `is ${values.backend}, and a keeper enforces nothing: leave out one of them`);
  }

  const node = values.node ?? nodeName(hostname());
  if (values.node !== undefined && nodeName(values.node) !== values.node) {
    refuse('node', `is ${quote(values.node)}; a name has 1 to 64 letters, digits or . _ -`);
  }
  const mqtt = toMqttOptions(values, places);
  if (!mqtt.ok) throw new Unusable('config', mqtt.detail);

  const folder = stateFolder(values, env);
  return {
    live: {
      topics,
      policy: {
        protect: values.protect,
        // Nobody is locked out by what a keeper remembers.
        ...(values['protect-host'] && !values.keeper ? {} : { protectHost: false as const }),
        minPrefixLength: { ipv4: values['min-prefix'], ipv6: values['min-prefix6'] },
        maxCover: values['max-cover'],
      },
      policies: readSetPolicies(values.sets, {
        path: places.sets.source === 'file' ? places.sets.path : '',
        sets: topics.map(({ set }) => set),
        minPrefix: { ipv4: values['min-prefix'], ipv6: values['min-prefix6'] },
      }),
      // Sets in memory are there because somebody makes them.
      create: isCreating(values) ? createOptions(values) : undefined,
      log: { format: values['log-format'], level: values['log-level'] },
    },
    mqtt: listen?.isOwnBroker === true ? ownBroker(mqtt.value, listen) : mqtt.value,
    listen,
    backend: {
      name: values.keeper ? 'memory' : values.backend,
      table: { family: values['nft-family'], table: values['nft-table'] },
    },
    logTarget: values['log-target'],
    logEntries: values['log-entries'],
    node,
    publishStatus: values.status,
    keeper: values.keeper,
    protection: {
      keeps: values['protect-fleet'],
      announces: values['protect-fleet'] && values.announce,
    },
    repair: values.repair,
    rememberSeconds: values.remember,
    maxLeases: values['max-leases'],
    stateFolder: folder,
    controlPath: controlPath(values, folder, env),
    http,
    warnings: [
      ...(listen ? listenWarnings(listen, values) : []),
      ...(http ? httpWarnings(http) : []),
    ],
  };
}

function isCreating(values: DaemonValues): boolean {
  return values.create || values.keeper || values.backend === 'memory';
}

function createOptions(values: DaemonValues): CreateOptions {
  if (values.keeper) {
    return {
      ...{ type: 'hash:net', maxEntries: values['max-leases'] },
      // Sets that end bans by themselves are kept as they are on the firewalls.
      ...(values['create-timeout'] > 0 && { defaultTimeoutSeconds: values['create-timeout'] }),
    };
  }
  return {
    type: values['create-type'],
    defaultTimeoutSeconds: values['create-timeout'],
    // A bitmap is as large as its range.
    ...(values['create-type'] === 'bitmap:ip' ? {} : { maxEntries: values['create-maxelem'] }),
    ...(values['create-range'] === undefined ? {} : { range: values['create-range'] }),
  };
}

function readListen(values: DaemonValues, refuse: Refuse): Listen | undefined {
  const [certFile, keyFile] = [values['listen-cert'], values['listen-key']];
  if (values.listen === undefined) {
    for (const name of ['listen-cert', 'listen-key'] as const) {
      if (values[name] !== undefined) refuse(name, 'belongs to --listen, which is not given');
    }
    return undefined;
  }
  const address = parseListenAddress(values.listen);
  if (address === undefined) {
    return refuse('listen', `is ${quote(values.listen)}; write 1883, 127.0.0.1:1883 or [::1]:1883`);
  }
  if (certFile !== undefined && keyFile === undefined) {
    return refuse('listen-cert', 'needs the key of the certificate: --listen-key FILE');
  }
  if (keyFile !== undefined && certFile === undefined) {
    return refuse('listen-key', 'needs the certificate of the key: --listen-cert FILE');
  }
  const isOwnBroker = values.host === undefined && values.url === undefined;
  if (values.username !== undefined && isOwnBroker && !hasPassword(values)) {
    return refuse('username', 'is asked for by the embedded broker, which needs a password too');
  }
  const certificate =
    certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
  return { address, certificate, isOwnBroker };
}

function hasPassword(values: DaemonValues): boolean {
  return values.password !== undefined || values['password-file'] !== undefined;
}

/** As other programs of this machine reach it, `vallumd doctor` for one; the node itself needs no way. */
function ownBroker(mqtt: MqttOptions, { address, certificate }: Listen): MqttOptions {
  return {
    ...mqtt,
    host: connectHost(address.host),
    port: address.port,
    // aedes knows no MQTT 5.
    protocolVersion: 4,
    tls: certificate !== undefined,
    // A certificate that has signed itself is its own authority.
    ...(certificate && mqtt.caFile === undefined ? { caFile: certificate.certFile } : {}),
  };
}

/** @throws VallumError `INVALID_ARGUMENT` for a certificate that cannot be used */
function listenWarnings({ address, certificate }: Listen, values: DaemonValues): string[] {
  const { host, port } = address;
  const open = values.username === undefined;
  const warning = certificate && readCertificate(certificate).warning;
  const warnings = warning === undefined ? [] : [warning];
  if (isLoopback(host)) {
    if (open) {
      warnings.push(
        `--listen ${host} lets every user and program of this machine ban and unban without a ` +
          'password: --username and --password-file ask for one',
      );
    }
    return warnings;
  }
  if (open) {
    warnings.push(
      `--listen ${host} lets everybody who reaches port ${port.toString()} ban and unban without a ` +
        'password: give --username and --password-file, or listen on 127.0.0.1',
    );
  } else if (certificate === undefined) {
    warnings.push(
      `--listen ${host} speaks without TLS: passwords and bans can be read on the way; ` +
        '--listen-cert and --listen-key encrypt them',
    );
  }
  return warnings;
}

/** @returns undefined where nothing is to be kept */
export function stateFolder(
  values: Pick<DaemonValues, 'state-dir' | 'backend' | 'keeper'>,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (values['state-dir'] !== undefined) return values['state-dir'];
  // A trial run should leave nothing behind that a later real one would act upon.
  const isTrial = values.backend === 'memory' || values.backend === 'dry-run';
  if (isTrial && !values.keeper) return undefined;
  // systemd gives `a:b` where the unit names two.
  const [given = ''] = (env['STATE_DIRECTORY'] ?? '').split(':');
  return given === '' ? '/var/lib/vallum' : given;
}

/** A level of a topic and a part of a client id. */
function nodeName(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 64) || 'node';
}
