import type { Transport } from '@vallum/core';
import type { MqttOptions } from '@vallum/core/mqtt';
import { createPublishTransport } from '@vallum/core/mqtt/publish';

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

/** Nothing said: the broker on this machine. */
export function withDefaultHost(broker: MqttOptions): MqttOptions {
  return broker.url === undefined && broker.host === undefined
    ? { ...broker, host: 'localhost' }
    : broker;
}

/** `localhost:1883`: for messages, without user name and password. */
export function brokerName(broker: MqttOptions): string {
  if (broker.url !== undefined) {
    return URL.canParse(broker.url) ? new URL(broker.url).host : 'the broker';
  }
  const { host = 'localhost', port = 1883 } = broker;
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port.toString()}`;
}
