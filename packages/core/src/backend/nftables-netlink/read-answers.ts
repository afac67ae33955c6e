import { wordsPerAddress } from '../../address/address-columns.js';
import type { Family } from '../../address/address.js';
import {
  eachAttribute,
  malformed,
  NetlinkError,
  NFGENMSG_LENGTH,
  readAttributes,
  readBe32,
  readBe64,
  readString,
  type Attributes,
  type Message,
} from '../../netlink/index.js';
import type { DropCount } from '../backend.js';
import type { MemberBatches } from '../member-batches.js';
import { TimeSlice } from '../../system/time-slice.js';
import { sortInSlices } from '../nftables/sort-in-slices.js';
import { secondsLeft } from '../nftables/seconds-left.js';
import * as nft from '../nftables/linux-nf-tables.js';
import { before, lastPosition, positionOf, type Position } from '../../address/position.js';
import type { NftElement, NftSet } from '../nftables/set-driver.js';

/** The attributes behind nfgenmsg. @throws NetlinkError where they are malformed */
export function readBody({ payload }: Message): Attributes {
  return readAttributes(payload.subarray(NFGENMSG_LENGTH));
}

/** Reads NFT_MSG_NEWGEN. */
export function readGeneration(message: Message): number {
  return readBe32(required(readBody(message), nft.NFTA_GEN_ID));
}

/** Reads NFT_MSG_NEWSET. */
export function readSet(name: string, message: Message): NftSet {
  const body = readBody(message);
  const flagData = body.get(nft.NFTA_SET_FLAGS);
  const flags = flagData === undefined ? 0 : readBe32(flagData);
  const keyType = readBe32(required(body, nft.NFTA_SET_KEY_TYPE));
  const description = body.get(nft.NFTA_SET_DESC);
  const size = description && readAttributes(description).get(nft.NFTA_SET_DESC_SIZE);
  const timeout = body.get(nft.NFTA_SET_TIMEOUT);
  const count = body.get(nft.NFTA_SET_COUNT);
  const isMap = (flags & (nft.NFT_SET_MAP | nft.NFT_SET_OBJECT)) !== 0;
  const family = FAMILIES.get(keyType);
  return {
    name,
    family: isMap ? undefined : family,
    type: isMap ? 'map' : (TYPES.get(keyType) ?? `set of nftables type ${keyType}`),
    interval: (flags & nft.NFT_SET_INTERVAL) !== 0,
    ...((flags & nft.NFT_SET_TIMEOUT) === 0
      ? {}
      : { defaultTimeoutMs: timeout === undefined ? 0 : Number(readBe64(timeout)) }),
    ...(size === undefined ? {} : { size: readBe32(size) }),
    handle: String(readBe64(required(body, nft.NFTA_SET_HANDLE))),
    ...(count === undefined ? {} : { count: readBe32(count) }),
  };
}

const FAMILIES = new Map<number, Family>([
  [nft.TYPE_IPADDR, 'ipv4'],
  [nft.TYPE_IP6ADDR, 'ipv6'],
]);
const TYPES = new Map([
  [nft.TYPE_IPADDR, 'ipv4_addr'],
  [nft.TYPE_IP6ADDR, 'ipv6_addr'],
]);

interface RawElement {
  readonly key: Uint8Array;
  readonly flags: number;
  /** undefined: for ever. */
  readonly leftMs: number | undefined;
  readonly userData: Uint8Array | undefined;
}

/** Reads NFT_MSG_NEWSETELEM. */
function eachElement(message: Message, visit: (element: RawElement) => void): void {
  const list = readBody(message).get(nft.NFTA_SET_ELEM_LIST_ELEMENTS);
  if (list === undefined) return;
  eachAttribute(list, (_type, element) => {
    let key: Uint8Array | undefined;
    let flags = 0;
    let leftMs: number | undefined;
    let userData: Uint8Array | undefined;
    eachAttribute(element, (type, data) => {
      if (type === nft.NFTA_SET_ELEM_KEY) key = readAttributes(data).get(nft.NFTA_DATA_VALUE);
      else if (type === nft.NFTA_SET_ELEM_FLAGS) flags = readBe32(data);
      else if (type === nft.NFTA_SET_ELEM_EXPIRATION) leftMs = Number(readBe64(data));
      else if (type === nft.NFTA_SET_ELEM_USERDATA) userData = data;
    });
    // The catch-all element of a set has no key, and is no address.
    if (key !== undefined) visit({ key, flags, leftMs, userData });
  });
}

/** Reads NFT_MSG_NEWSETELEM of a hash set. */
export function readSingles(message: Message, family: Family, batches: MemberBatches): void {
  const perAddress = wordsPerAddress(family);
  eachElement(message, ({ key, leftMs }) => {
    if (key.length !== 4 * perAddress) throw malformed('an address is cut short');
    const rows = batches.rows(family);
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
    for (let part = 0; part < perAddress; part++) {
      rows.words[perAddress * rows.length + part] = view.getUint32(4 * part);
    }
    rows.timeoutSeconds[rows.length] = leftMs === undefined ? 0 : secondsLeft(leftMs);
    rows.length++;
  });
}

/** One of the two elements that make an interval. */
export interface Boundary {
  readonly position: Position;
  readonly isEnd: boolean;
  readonly leftMs: number | undefined;
  readonly comment: string | undefined;
}

/** Reads NFT_MSG_NEWSETELEM of an interval set. */
export function readBoundaries(message: Message, add: (boundary: Boundary) => void): void {
  eachElement(message, ({ key, flags, leftMs, userData }) => {
    add({
      position: positionOf(key),
      isEnd: (flags & nft.NFT_SET_ELEM_INTERVAL_END) !== 0,
      leftMs,
      comment: userData && readCommentOf(userData),
    });
  });
}

/** Puts starts and ends together; an end without a start ends nothing. */
export async function joinBoundaries(unsorted: Boundary[], family: Family): Promise<NftElement[]> {
  const slice = new TimeSlice();
  const boundaries = await sortInSlices(unsorted, compareBoundaries, slice);
  const elements: NftElement[] = [];
  let start: Boundary | undefined;
  const close = (last: Position): void => {
    if (start === undefined) return;
    const { position: first, leftMs, comment } = start;
    elements.push({
      first,
      last,
      ...(leftMs === undefined ? {} : { leftMs }),
      ...(comment === undefined ? {} : { comment }),
    });
    start = undefined;
  };
  for (const [index, boundary] of boundaries.entries()) {
    close(before(boundary.position));
    if (!boundary.isEnd) start = boundary;
    if (index % STEP === 0 && slice.isOver) await slice.breathe();
  }
  close(lastPosition(family));
  return elements;
}

function compareBoundaries(one: Boundary, other: Boundary): number {
  if (one.position !== other.position) return one.position < other.position ? -1 : 1;
  return Number(other.isEnd) - Number(one.isEnd);
}

/** The clock is looked at once for so many. */
const STEP = 256;

/** Type, length, value; several of them. */
function readCommentOf(userData: Uint8Array): string | undefined {
  let at = 0;
  while (at + 2 <= userData.length) {
    const end = at + 2 + (userData[at + 1] ?? 0);
    if (userData[at] === nft.NFTNL_UDATA_SET_ELEM_COMMENT) {
      return readString(userData.subarray(at + 2, end));
    }
    at = end;
  }
  return undefined;
}

/** That a chain holds a rule, and a set that it looks something up in. */
export interface RuleLookup {
  readonly chain: string;
  readonly set?: string;
  /** What the rule has counted, where it counts behind the lookup and drops. */
  readonly dropped?: DropCount;
}

/** Reads NFT_MSG_NEWRULE: its chain, and then each set that the rule looks something up in. */
export function readLookups(message: Message, add: (lookup: RuleLookup) => void): void {
  const body = readBody(message);
  const chain = readString(required(body, nft.NFTA_RULE_CHAIN));
  add({ chain });
  const expressions = body.get(nft.NFTA_RULE_EXPRESSIONS);
  if (expressions === undefined) return;
  const sets: string[] = [];
  let counted: DropCount | undefined;
  const seen = { drops: false, isOpposite: false };
  eachAttribute(expressions, (_type, element) => {
    const expression = readAttributes(element);
    const name = expression.get(nft.NFTA_EXPR_NAME);
    const data = expression.get(nft.NFTA_EXPR_DATA);
    if (name === undefined) return;
    switch (readString(name)) {
      case 'lookup': {
        const lookup = data && readAttributes(data);
        const set = lookup?.get(nft.NFTA_LOOKUP_SET);
        if (set === undefined) break;
        sets.push(readString(set));
        const flags = lookup?.get(nft.NFTA_LOOKUP_FLAGS);
        // `!= @friends drop` drops who is not in it.
        seen.isOpposite ||= flags !== undefined && (readBe32(flags) & nft.NFT_LOOKUP_F_INV) !== 0;
        break;
      }
      case 'counter':
        // In front of a lookup it counts what is not in the set as well.
        if (sets.length > 0 && data !== undefined) counted = readCounter(readAttributes(data));
        break;
      case 'reject':
        seen.drops = true;
        break;
      case 'immediate':
        seen.drops ||= data !== undefined && isDrop(readAttributes(data));
    }
  });
  // What two sets together let through to the counter is of neither.
  const isTold: boolean = seen.drops && !seen.isOpposite && sets.length === 1;
  const dropped = isTold ? counted : undefined;
  for (const set of sets) add({ chain, set, ...(dropped === undefined ? {} : { dropped }) });
}

function readCounter(counter: Attributes): DropCount {
  return {
    packets: Number(readBe64(required(counter, nft.NFTA_COUNTER_PACKETS))),
    bytes: Number(readBe64(required(counter, nft.NFTA_COUNTER_BYTES))),
  };
}

function isDrop(immediate: Attributes): boolean {
  const data = immediate.get(nft.NFTA_IMMEDIATE_DATA);
  const verdict = data && readAttributes(data).get(nft.NFTA_DATA_VERDICT);
  const code = verdict && readAttributes(verdict).get(nft.NFTA_VERDICT_CODE);
  return code !== undefined && readBe32(code) === nft.NF_DROP;
}

function required(attributes: Attributes, type: number): Uint8Array {
  const data = attributes.get(type);
  if (data !== undefined) return data;
  throw new NetlinkError(`the kernel's answer lacks attribute ${type}`, 'decode nftables answer');
}
