export { createMqttTransport } from './create-mqtt-transport.js';
export type { MqttOptions } from './mqtt-options.js';
