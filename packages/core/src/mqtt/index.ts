export { createMqttTransport } from './create-mqtt-transport.js';
export type { MqttOptions } from './mqtt-options.js';
export { lookAtBroker, type BrokerSight, type SeenCertificate } from './look-at-broker.js';
