// @vallum/core/backend: what it takes to write a backend, or to use one without createVallum.
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
  type DropCount,
  type SetInfo,
  type SetMember,
  type SetSpec,
  type SetType,
} from './backend.js';
export { applyInColumns } from './apply-in-columns.js';
export { applyRanges } from './apply-ranges.js';
export { changeAt, changeColumns } from './change-columns.js';
export { listMembers, memberAt, memberColumns } from './list-members.js';
export { storableComment } from './storable-comment.js';
export {
  allowChainLine,
  allowChainName,
  DROP_HOOKS,
  dropBySet,
  dropChainLine,
  dropChainName,
  jumpToAllow,
  RULE_AND_SET_MARK,
  RULE_MARK,
  setLine,
  setsBehind,
  tableLine,
  tableSees,
  type DropHook,
} from './nftables/drop-table.js';
export { readTableOptions, type TableAddress } from './nftables/table-address.js';

export { addressAt, addressColumns, type AddressColumns } from '../address/address-columns.js';
export { addressWidth, isSingleAddress } from '../address/address.js';
export { addressFromBytes } from '../address/from-bytes.js';
export { parseSetName, type SetName } from '../words/names.js';
export { run, type Run, type RunOptions, type RunResult } from '../system/run.js';
