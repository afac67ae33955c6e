export { createVallum } from './node/vallum.js';
export type { CreateOptions } from './enforce/create-options.js';
export type { PolicyOptions } from './policy/policy-options.js';
export type {
  BanOptions,
  UnbanOptions,
  Vallum,
  VallumEvents,
  VallumOptions,
  VallumStatus,
} from './node/vallum-types.js';
export type { RefusalReason } from './policy/refusal-reason.js';
export type {
  BoundReason,
  EnforceFault,
  MessageSummary,
  OutcomeCount,
  ReconcileSummary,
  Report,
  SetState,
} from './enforce/report.js';
export type { ConnectionFault } from './words/connection-fault.js';
export { VallumError, type VallumErrorCode, type VallumErrorOptions } from './words/errors.js';
export { failure, success, type Failure, type Result } from './words/result.js';

export {
  addressWidth,
  isSingleAddress,
  type Address,
  type AddressText,
  type Family,
} from './address/address.js';
export { parseAddress, type AddressFault } from './address/parse.js';
export { addressFromBytes } from './address/from-bytes.js';
export {
  addressRange,
  rangeAddresses,
  rangePrefixes,
  rangeSize,
  type AddressRange,
} from './address/range.js';
export { compareAddresses, containsAddress, maskAddress, overlaps } from './address/contain.js';

export type {
  BanCommand,
  Command,
  Decoded,
  PlacedCommand,
  Rejection,
  RejectionReason,
  UnbanCommand,
  Until,
} from './message/command.js';
export { decode } from './message/decode.js';
export { decodeInto, type DecodeContext } from './message/decode-into.js';
export type { EntryBatch } from './message/entry-batch.js';
export { EntryBatches } from './message/entry-batches.js';
export { NEVER, type EntryColumns } from './message/entry-columns.js';
export { BEYOND, endFault, OVER, resolveEnd, UNSAID } from './message/entry-end.js';
export { EntryReader } from './message/entry-reader.js';
export type { Reading } from './message/reading.js';
export { resolveTopic, type ResolvedTopic, type TopicResolution } from './message/resolve-topic.js';
export { MAX_UNIX_SECONDS } from './words/unix-time.js';
export { durationSeconds, parseDuration } from './words/duration.js';
export { encodeEntries, encodeEntry, encodeTerms, type EncodeLimits } from './message/encode.js';
export { escapeForDisplay } from './words/escape.js';
export { readList, type ListLine } from './message/list.js';
export { ListReader, type ListVisitor } from './message/list-reader.js';
export {
  familyOfName,
  ipv6Companion,
  parseOrigin,
  parseSetName,
  type Origin,
  type SetName,
} from './words/names.js';
export {
  parseBinding,
  parseTopicPrefix,
  topicFilters,
  topicFor,
  type Binding,
} from './message/topic.js';
export {
  checkEntry,
  checkReason,
  entryToCommand,
  toColumn,
  untilOf,
  MAX_REASON_LENGTH,
  type Entry,
  type EntryFault,
  type EntryFields,
} from './message/entry.js';

export {
  ADD,
  ADD_NEW,
  APPLIED,
  DELETE,
  FAILED,
  MAX_TIMEOUT_SECONDS,
  NO_TIMEOUT,
  PRESENT,
  SET_TYPES,
  UNCHANGED,
  type Backend,
  type Change,
  type ChangeColumns,
  type ChangeFailure,
  type ChangeFault,
  type ChangeReport,
  type ChangeVerdicts,
  type MemberColumns,
  type SetInfo,
  type SetMember,
  type SetSpec,
  type SetType,
} from './backend/backend.js';
export { applyInColumns } from './backend/apply-in-columns.js';
export { changeAt, changeColumns } from './backend/change-columns.js';
export { listMembers, memberAt, memberColumns } from './backend/list-members.js';

export { applyRanges } from './backend/apply-ranges.js';
export { storableComment } from './backend/storable-comment.js';
export { createIpsetBackend } from './backend/ipset-backend.js';
export type { FallBackOptions } from './backend/prefer-netlink.js';
export {
  createIpsetProcessBackend,
  type IpsetProcessBackendOptions,
} from './backend/ipset-process/ipset-process-backend.js';
export { createNetlinkIpsetBackend } from './backend/ipset-netlink/netlink-ipset-backend.js';
export {
  createDryRunBackend,
  type DryRunBackendOptions,
} from './backend/dry-run/dry-run-backend.js';
export {
  createMemoryBackend,
  type MemoryBackend,
  type MemoryBackendOptions,
} from './backend/memory/memory-backend.js';

export { createNftablesBackend } from './backend/nftables-backend.js';
export {
  createNftablesBackend as createNetlinkNftablesBackend,
  type NftablesBackendOptions,
} from './backend/nftables-netlink/nftables-backend.js';
export {
  createNftablesProcessBackend,
  type NftablesProcessBackendOptions,
} from './backend/nftables-process/nftables-process-backend.js';
export { nftablesFilterHook } from './backend/nftables/filter-hook.js';
export type { TableFamily, TableOptions } from './backend/nftables/table-address.js';

export { describeJournal } from './journal/describe-journal.js';
export { openFileStore, type FileStoreOptions } from './journal/file-store.js';
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

export type { AddressColumns } from './address/address-columns.js';
export { createVolatileStore } from './journal/volatile-store.js';
export type { ProtectedEntry } from './policy/protect-list.js';
export { findHostAddresses, type HostAddress } from './policy/host-addresses.js';
export { systemClock, type Clock, type SteadyClock } from './system/clock.js';
export { run, type Run, type RunResult } from './system/run.js';
export type {
  Acknowledgements,
  ConnectionFailure,
  ConnectionState,
  OutboxLimits,
  OutgoingMessage,
  PublishOptions,
  Subscription,
  Transport,
  TransportHandlers,
  TransportMessage,
} from './transport/transport.js';
