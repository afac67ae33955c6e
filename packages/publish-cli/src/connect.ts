import type { Transport } from '@vallum/core';
import type { MqttOptions } from '@vallum/core/mqtt';
import { createPublishTransport } from '@vallum/core/mqtt/publish';
import { toMqttOptions } from '@vallum/options';
import { CommandFault } from './command-fault.js';
import { ExitCode } from './exit-codes.js';
import type { PublishIo } from './publish-io.js';
import { asVallumError } from './vallum-error.js';

/** Where to send it, and where that was said. */
export interface ConnectionChoice {
  readonly values: Parameters<typeof toMqttOptions>[0];
  readonly places: NonNullable<Parameters<typeof toMqttOptions>[1]>;
  readonly configPath?: string;
}

/**
 * The broker that the options name, or else the one on this machine.
 *
 * @throws CommandFault
 */
export function chosenBroker({
  values,
  places,
}: Pick<ConnectionChoice, 'values' | 'places'>): MqttOptions {
  const mqtt = toMqttOptions(values, places);
  if (!mqtt.ok) throw new CommandFault(mqtt.detail, ExitCode.config);
  return withDefaultHost(mqtt.value);
}

/** Nothing said: the broker on this machine. */
export function withDefaultHost(broker: MqttOptions): MqttOptions {
  return broker.url === undefined && broker.host === undefined
    ? { ...broker, host: 'localhost' }
    : broker;
}

/**
 * A way to that broker, not open yet.
 *
 * @param how.configPath where a file had a say in it
 * @throws CommandFault
 */
export async function wayTo(
  broker: MqttOptions,
  io: Pick<PublishIo, 'connect'>,
  how: {
    readonly waitMs: number;
    readonly listens?: boolean;
    readonly configPath?: string | undefined;
  },
): Promise<Transport> {
  try {
    return await (io.connect ?? connect)(broker, how.waitMs, how.listens);
  } catch (error) {
    const fault = asVallumError(error);
    if (fault?.code !== 'INVALID_ARGUMENT') throw error;
    throw unusableBroker(fault.message, how.configPath);
  }
}

/** @param configPath where a file had a say in it */
export function unusableBroker(detail: string, configPath: string | undefined): CommandFault {
  return new CommandFault(detail, configPath === undefined ? ExitCode.usage : ExitCode.config);
}

/** @param listens messages are to come too */
export async function connect(
  broker: MqttOptions,
  waitMs: number,
  listens = false,
): Promise<Transport> {
  const options = {
    ...broker,
    connectTimeoutMs: waitMs,
    // A broker that restarts is back within seconds, and --wait ends it all anyway.
    retry: { firstMs: 250, longestMs: 2000 },
  };
  if (!listens && !isWebSocket(broker)) return createPublishTransport(options);
  // It takes several times as long to load.
  const { createMqttTransport } = await import('@vallum/core/mqtt');
  return createMqttTransport({ ...options, cleanSession: true });
}

function isWebSocket({ url }: MqttOptions): boolean {
  return url !== undefined && URL.canParse(url) && /^wss?:$/.test(new URL(url).protocol);
}

/** `localhost:1883`: for messages, without user name and password. */
export function brokerName(broker: MqttOptions): string {
  if (broker.url !== undefined) {
    return URL.canParse(broker.url) ? new URL(broker.url).host : 'the broker';
  }
  const { host = 'localhost', port = 1883 } = broker;
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port.toString()}`;
}
