import type { Duplex } from 'node:stream';
import type { IClientOptions } from 'mqtt';
import { MOST_PACKET_BYTES, MOST_UNCONFIRMED } from './packet-limits.js';
import type { Whereabouts } from './broker-socket.js';
import type { Endpoint } from './endpoint.js';
import type { MqttOptions } from './mqtt-options.js';
import { readTlsMaterial, type TlsMaterial } from './tls-material.js';

/** What one connection needs, with every default filled in. */
export interface LinkOptions {
  readonly endpoint: Endpoint;
  readonly whereabouts: Whereabouts;
  readonly tls: TlsMaterial | undefined;
  readonly protocolVersion: 4 | 5;
  readonly clientId: string;
  readonly cleanSession: boolean;
  readonly sessionExpirySeconds: number;
  readonly username?: string;
  readonly password?: string;
  readonly keepaliveSeconds: number;
  readonly connectTimeoutMs: number;
  readonly will?: NonNullable<MqttOptions['will']> & { readonly payload: string };
  readonly connect?: () => Duplex;
}

export const SESSION_SECONDS = 7 * 24 * 60 * 60;
export const CONNECT_TIMEOUT_MS = 20_000;

/**
 * Asks for the password and reads the certificates, anew for each connection.
 *
 * @throws what the password function throws, VallumError `INVALID_ARGUMENT` naming a file
 */
export function readLinkOptions(
  options: MqttOptions,
  endpoint: Endpoint,
  clientId: string,
  protocolVersion: 4 | 5,
  whereabouts: Whereabouts = {},
): LinkOptions {
  const { will } = options;
  const username = options.username ?? endpoint.username;
  const password =
    typeof options.password === 'function'
      ? options.password()
      : (options.password ?? endpoint.password);
  return {
    endpoint,
    whereabouts,
    tls: endpoint.tls ? readTlsMaterial(options) : undefined,
    protocolVersion,
    clientId,
    cleanSession: options.cleanSession ?? true,
    sessionExpirySeconds: options.sessionExpirySeconds ?? SESSION_SECONDS,
    keepaliveSeconds: options.keepaliveSeconds ?? 60,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(will === undefined
      ? {}
      : {
          will: {
            ...will,
            payload: typeof will.payload === 'function' ? will.payload() : will.payload,
          },
        }),
    ...(options.deps?.connect === undefined ? {} : { connect: options.deps.connect }),
  };
}

/** The same in the words of MQTT.js. */
export function clientOptions(options: LinkOptions): IClientOptions {
  const { username, password, will } = options;
  return {
    protocolVersion: options.protocolVersion,
    clientId: options.clientId,
    clean: options.cleanSession,
    keepalive: options.keepaliveSeconds,
    connectTimeout: options.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    // Ours counts whatever comes as a sign of life, as over a socket.
    timerVariant: { set: () => 1, clear: () => undefined },
    // Several lines a packet, which the package debug throws away one by one.
    log: () => undefined,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(will === undefined
      ? {}
      : {
          will: {
            topic: will.topic,
            payload: Buffer.from(will.payload),
            qos: will.qos ?? 1,
            retain: will.retain ?? false,
            ...(options.protocolVersion === 5 ? { properties: willProperties(will) } : {}),
          },
        }),
    ...(options.protocolVersion === 5
      ? {
          properties: {
            maximumPacketSize: MOST_PACKET_BYTES,
            receiveMaximum: MOST_UNCONFIRMED,
            sessionExpiryInterval: options.cleanSession ? 0 : options.sessionExpirySeconds,
          },
        }
      : {}),
  };
}

function willProperties({
  delaySeconds,
  expirySeconds,
}: Pick<NonNullable<LinkOptions['will']>, 'delaySeconds' | 'expirySeconds'>) {
  return {
    ...(delaySeconds === undefined ? {} : { willDelayInterval: delaySeconds }),
    ...(expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds }),
  };
}
