export { createMqttTransport } from './create-mqtt-transport.js';
export type { MqttOptions } from './mqtt-options.js';
export type { OutboxLimits } from '../transport/transport.js';
export type { CertificateFacts } from './certificate-facts.js';
export type { Reached } from './explanation.js';
export { lookAtBroker, type BrokerSight, type SeenCertificate } from './look-at-broker.js';
