export { backendContract } from './backend-contract.js';
export type {
  ContractCase,
  ContractFeature,
  ContractOptions,
  ContractSubject,
} from './contract-case.js';
export { createFakeClock, type FakeClock } from './fake-clock.js';
export {
  createMemoryBackend,
  type MemoryBackend,
  type MemoryBackendOptions,
} from '../backend/memory/memory-backend.js';
export type { MemorySetSpec } from '../backend/memory/memory-set.js';
export {
  createMemoryBroker,
  type MemoryBroker,
  type MemoryBrokerOptions,
  type MemoryTransportOptions,
  type PublishedMessage,
} from './memory-broker.js';
export { ledgerStoreContract, type StorePlace } from './ledger-store-contract.js';
