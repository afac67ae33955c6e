export { createMqttTransport } from './mqtt-transport.js';
export type { MqttOptions } from './mqtt-options.js';
