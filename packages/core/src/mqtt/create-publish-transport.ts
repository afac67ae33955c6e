import { VallumError } from '../words/errors.js';
import type { Transport } from '../transport/transport.js';
import { parseEndpoint } from './endpoint.js';
import type { MqttOptions } from './mqtt-options.js';
import { MqttTransport } from './mqtt-transport.js';
import { SocketLink } from './socket-link.js';

/**
 * `createMqttTransport` for a process that only publishes and ends soon: it can be bundled without
 * MQTT.js. It has clean sessions only, no last will, no WebSockets, and `subscribe` throws.
 *
 * @throws VallumError `INVALID_ARGUMENT`, see `createMqttTransport`
 */
export function createPublishTransport(
  options: Omit<MqttOptions, 'cleanSession' | 'will'>,
): Transport {
  if (parseEndpoint(options).webSocket) {
    throw invalid('this transport has no WebSockets: use createMqttTransport');
  }
  return new PublishTransport({ ...options, cleanSession: true }, (link, handlers) => {
    return new SocketLink(link, handlers);
  });
}

class PublishTransport extends MqttTransport {
  override subscribe(): void {
    throw invalid('this transport only publishes: use createMqttTransport');
  }
}

function invalid(message: string): VallumError {
  return new VallumError(message, { code: 'INVALID_ARGUMENT', operation: 'mqtt publish' });
}
