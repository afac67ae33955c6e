import type { Duplex } from 'node:stream';
import type { Transport } from '../transport/transport.js';
import { checkOptions } from './check-options.js';
import type { MqttOptions } from './mqtt-options.js';
import { MqttTransport } from './mqtt-transport.js';
import { acknowledgeReceipt } from '../system/quick-ack.js';
import { SocketLink } from './socket-link.js';
import { WebSocketLink } from './web-socket-link.js';

/**
 * Carries messages over an MQTT broker: MQTT 5, or 3.1.1 where the broker knows no better.
 * Connects again for ever, subscribes anew at each connection, and keeps what is to be published
 * until the broker has confirmed it or `close` is called.
 *
 * @throws VallumError `INVALID_ARGUMENT` for options that cannot work: both `url` and `host`, an
 *   unreadable certificate file, a persistent session without `clientId`
 */
export function createMqttTransport(options: MqttOptions): Transport {
  const { webSocket } = checkOptions(options).endpoint;
  return new MqttTransport(options, (link, handlers) =>
    webSocket ? new WebSocketLink(link, handlers) : new SocketLink(link, handlers, acknowledge),
  );
}

function acknowledge(socket: Duplex): void {
  void acknowledgeReceipt(socket);
}
