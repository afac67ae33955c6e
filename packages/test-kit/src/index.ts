export { type Certificates, type CertificateOptions, makeCertificates } from './certificates.js';
export { freePort } from './free-port.js';
export { endWithFile } from './leftovers.js';
export { type Mosquitto, type MosquittoOptions, startMosquitto } from './mosquitto.js';
export {
  type LinkAddresses,
  type Namespace,
  connectNamespaces,
  createNamespace,
  ownNamespace,
} from './namespace.js';
export { isRootOfMachine, type Need, whyMissing } from './needs.js';
export {
  type Exit,
  type Finished,
  type ProcessOptions,
  type RunningProcess,
  mustRun,
  runProcess,
  startProcess,
} from './process.js';
export { type RabbitMq, startRabbitMq } from './rabbitmq.js';
export { type SkippedSuite, suiteNeeding, testNeeding } from './suite.js';
export { temporaryFolder } from './temporary-folder.js';
export { type WaitOptions, waitFor } from './wait-for.js';
export { type WallClock, createWallClock } from './wall-clock.js';
