export { createPublishTransport } from './create-publish-transport.js';
export type { MqttOptions } from './mqtt-options.js';
