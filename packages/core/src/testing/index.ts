export { backendContract } from './backend-contract.js';
export type {
  ContractCase,
  ContractFeature,
  ContractOptions,
  ContractSubject,
  Outside,
} from './contract-case.js';
export { createFakeClock, type FakeClock } from './fake-clock.js';
export {
  createMemoryBackend,
  type MemoryBackend,
  type MemoryBackendOptions,
  type MemorySetSpec,
} from '../backend/memory/memory-backend.js';
export {
  createMemoryBroker,
  type MemoryBroker,
  type MemoryBrokerOptions,
  type MemoryTransportOptions,
  type PublishedMessage,
} from './memory-broker.js';
export { transportContract } from './transport-contract.js';
export type {
  TransportContractOptions,
  TransportFeature,
  TransportSubject,
  TransportWishes,
} from './transport-case.js';
export { ledgerStoreContract, type StorePlace } from './ledger-store-contract.js';
