import type { Transport } from '@vallum/core';
import type { MqttOptions } from '@vallum/core/mqtt';

/** Loads the MQTT client, which takes most of the start-up: only what really sends calls this. */
export async function connect(broker: MqttOptions, waitMs: number): Promise<Transport> {
  const { createMqttTransport } = await import('@vallum/core/mqtt');
  return createMqttTransport({
    ...broker,
    cleanSession: true,
    connectTimeoutMs: waitMs,
    // A broker that restarts is back within seconds, and --wait ends it all anyway.
    retry: { firstMs: 250, longestMs: 2000 },
  });
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
  const { host = 'localhost', caFile, certFile } = broker;
  const tls = broker.tls ?? (caFile !== undefined || certFile !== undefined);
  const port = broker.port ?? (tls ? 8883 : 1883);
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port.toString()}`;
}
