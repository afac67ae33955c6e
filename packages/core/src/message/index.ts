// @vallum/core/protocol: what stands in messages, lists and topics, read and written.
export type {
  BanCommand,
  Command,
  Decoded,
  PlacedCommand,
  Rejection,
  RejectionReason,
  UnbanCommand,
  Until,
} from './command.js';
export { decode } from './decode.js';
export { decodeInto, type DecodeContext } from './decode-into.js';
export type { EntryBatch, EntryTerms } from './entry-batch.js';
export { EntryBatches, type SetBatches } from './entry-batches.js';
export { NEVER, type EntryColumns } from './entry-columns.js';
export { BEYOND, endFault, OVER, resolveEnd, UNSAID } from './entry-end.js';
export { EntryReader } from './entry-reader.js';
export type { Reading } from './reading.js';
export { checkReason, toColumn, type Entry, type EntryFault } from './entry.js';
export { encodeEntries, encodeEntry, encodeTerms, type EncodeLimits } from './encode.js';
export {
  encodeQuestion,
  MOST_ADDRESSES_ASKED,
  MOST_LEASES_LISTED,
  MOST_WAIT_MS,
  parseQuestion,
  replyTopic,
  type Question,
  type QuestionKind,
} from './question.js';
export {
  encodeReply,
  parseReply,
  type CountReply,
  type LeasesReply,
  type ListedLease,
  type Reply,
  type ReplyBan,
  type ReplyException,
  type ReplyHead,
  type ReplyLease,
  type StatusReply,
  type WhyReply,
} from './reply.js';
export { readList, type ListLine } from './list.js';
export { ListReader, type ListVisitor } from './list-reader.js';

export type { MessageFault } from './versioned-object.js';
export { resolveTopic, type ResolvedTopic, type TopicResolution } from './resolve-topic.js';
export {
  parseBinding,
  parseTopicPrefix,
  topicFilters,
  topicFor,
  type Binding,
  type BindingFault,
} from './topic.js';
export {
  familyOfName,
  ipv6Companion,
  parseOrigin,
  parseSetName,
  type Origin,
  type SetName,
} from '../words/names.js';
export { durationSeconds, parseDuration } from '../words/duration.js';
export { MAX_UNIX_SECONDS } from '../words/unix-time.js';
export {
  describeOffset,
  describeTime,
  describeTimeQuickly,
  offsetMinutesAt,
} from '../words/local-time.js';
