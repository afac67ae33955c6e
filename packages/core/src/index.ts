// What programs use. Who writes a backend finds the rest under @vallum/core/backend, who speaks the
// protocol by himself under @vallum/core/protocol, and the way to a broker is @vallum/core/mqtt.
export { createVallum } from './node/vallum.js';
export type {
  BanOptions,
  LeasesOptions,
  ProtectOptions,
  UnbanOptions,
  Vallum,
  VallumEvents,
  VallumOptions,
  VallumStatus,
} from './node/vallum-types.js';
export type { Confirmation, ConfirmOptions } from './node/confirming.js';
export type { ListedLease, ReplyException } from './message/reply.js';
export type { Explanation } from './enforce/explain.js';
export type { ProtectReport } from './enforce/protect-report.js';
export type { LeaseRecord } from './enforce/lease-record.js';
export type { LeaseOrder } from './enforce/order-leases.js';
export type { Enforcement, Standing } from './enforce/standing.js';
export type { CreateOptions } from './enforce/create-options.js';
export type {
  BoundReason,
  CoveringBan,
  EnforceFault,
  MessageSummary,
  OutcomeCount,
  ReconcileSummary,
  Report,
  SetState,
} from './enforce/report.js';
export {
  createCommonPolicy,
  type AddressInWords,
  type CommonPolicy,
} from './policy/common-policy.js';
export {
  isProtectBinding,
  MOST_PROTECTED,
  PROTECT_SET,
  PROTECT_TOPIC,
} from './policy/fleet-protection.js';
export { Cover } from './policy/cover.js';
export { DEFAULT_MAX_COVER, DEFAULT_MIN_PREFIX } from './policy/policy.js';
export { ORIGIN_PARTS, type OriginPart, type SetPolicy } from './policy/set-policy.js';
export type { PolicyOptions } from './policy/policy-options.js';
export type { ShareStatus } from './share/share-types.js';
export type { RefusalReason } from './policy/refusal-reason.js';
export type { RefusedCount } from './enforce/refused-bans.js';
export type { ProtectedEntry } from './policy/protect-list.js';

export type { Backend, DropCount, SetInfo } from './backend/backend.js';
export {
  createDryRunBackend,
  type DryRunBackendOptions,
} from './backend/dry-run/dry-run-backend.js';
export { createIpsetBackend } from './backend/ipset-backend.js';
export {
  createIpsetProcessBackend,
  type IpsetProcessBackendOptions,
} from './backend/ipset-process/ipset-process-backend.js';
export { createMemoryBackend } from './backend/memory/memory-backend.js';
export { createNftablesBackend } from './backend/nftables-backend.js';
export {
  createNftablesProcessBackend,
  type NftablesProcessBackendOptions,
} from './backend/nftables-process/nftables-process-backend.js';
export type { FallBackOptions } from './backend/prefer-netlink.js';
export type { TableOptions } from './backend/nftables/table-address.js';

export { openFileStore, type FileStoreOptions } from './journal/file-store.js';
export { findFolderHolder } from './journal/folder-lock.js';
export { describeJournal } from './journal/describe-journal.js';
export { createReadOnlyStore } from './journal/read-only-store.js';
export type {
  JournalDamage,
  JournalNote,
  JournalPiece,
  JournalVisitor,
  LedgerStore,
  LoadSummary,
  StoreTrouble,
} from './journal/store.js';

export type { RegisterColumns } from './lease/register-columns.js';

export type { ConnectionFault } from './words/connection-fault.js';
export type {
  Acknowledgements,
  ConnectionFailure,
  ConnectionState,
  OutboxLimits,
  OutgoingMessage,
  PublishCaveat,
  PublishOptions,
  QueueLength,
  Subscription,
  Transport,
  TransportHandlers,
  TransportMessage,
} from './transport/transport.js';

export { findHostAddresses, type HostAddress } from './policy/host-addresses.js';
export { parseAddress } from './address/parse.js';
export { addressRange, rangePrefixes, type AddressRange } from './address/range.js';
export { compareAddresses, containsAddress } from './address/contain.js';
export type { Address, AddressText, Family } from './address/address.js';
export type { AddressFault } from './address/diagnose.js';
export { VallumError, type VallumErrorCode, type VallumErrorOptions } from './words/errors.js';
export type { Failure, Result } from './words/result.js';
export { escapeForDisplay } from './words/escape.js';
export { lockFile } from './system/lock-file.js';
export { makeFolders } from './system/make-folders.js';
export { systemClock, type Clock, type SteadyClock } from './system/clock.js';
