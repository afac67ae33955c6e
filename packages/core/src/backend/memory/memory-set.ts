import { containsAddress } from '../../address/contain.js';
import { isSingleAddress, type Address, type AddressText } from '../../address/address.js';
import { parseAddress } from '../../address/parse.js';
import { positionOf } from '../../address/position.js';
import { storedAddress } from '../../address/stored-address.js';
import type { Change, ChangeFault, SetInfo, SetMember, SetSpec } from '../backend.js';
import { storableComment } from '../storable-comment.js';
import { parseBitmapRange, type BitmapRange } from '../bitmap-range.js';

/** A set as the kernel would make it; beyond `SetSpec` for sets that Vallum did not make itself. */
export interface MemorySetSpec extends Omit<SetSpec, 'type'> {
  /** One of `SET_TYPES`, or a type that Vallum does not edit, such as `hash:ip,port`. */
  readonly type: string;
  /** Prefix length that stored addresses are cut to. */
  readonly netmask?: number;
}

interface StoredMember {
  readonly address: Address;
  /** Unix milliseconds; undefined: for ever. */
  readonly expiresAtMs: number | undefined;
  readonly comment: string | undefined;
}

// IPSET_DEFAULT_MAXELEM of linux/netfilter/ipset/ip_set_hash.h.
const DEFAULT_MAX_ENTRIES = 65_536;

/** One set with the kernel's rules: what it refuses, replaces and forgets. */
export class MemorySet {
  references = 0;
  readonly #spec: MemorySetSpec;
  readonly #identity: string;
  readonly #range: BitmapRange | undefined;
  /** No entry ends before this, so that not every change has to look at all of them. */
  #nextExpiryMs = Infinity;
  readonly #members = new Map<AddressText, StoredMember>();

  constructor(spec: MemorySetSpec, identity: string) {
    this.#spec = spec;
    this.#identity = identity;
    const range = spec.range === undefined ? undefined : parseBitmapRange(spec.range);
    this.#range = range?.ok === true ? range.value : undefined;
  }

  /** Says whether a change was made, or why it cannot be. */
  change(change: Change, nowMs: number): 'applied' | 'unchanged' | ChangeFault {
    this.#expire(nowMs);
    const fault = this.#faultOf(change);
    if (fault !== undefined) return fault;
    const address = storedAddress(change.address, this.#spec.netmask);
    if (change.op === 'del') {
      return this.#members.delete(address.text) ? 'applied' : 'unchanged';
    }
    if (!this.#members.has(address.text) && this.#members.size >= this.#capacity()) {
      return 'set-full';
    }
    const timeoutSeconds = change.timeoutSeconds ?? this.#spec.defaultTimeoutSeconds ?? 0;
    const expiresAtMs = timeoutSeconds === 0 ? undefined : nowMs + timeoutSeconds * 1000;
    const comment =
      this.#spec.comments === true && change.comment !== undefined
        ? storableComment(change.comment)
        : undefined;
    this.#members.set(address.text, { address, expiresAtMs, comment });
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiresAtMs ?? Infinity);
    return 'applied';
  }

  info(nowMs: number): SetInfo {
    this.#expire(nowMs);
    const { set, type, family, defaultTimeoutSeconds, netmask } = this.#spec;
    return {
      set,
      type,
      family,
      ...(defaultTimeoutSeconds === undefined ? {} : { defaultTimeoutSeconds }),
      ...(netmask === undefined ? {} : { netmask }),
      ...(this.#range === undefined ? {} : { range: this.#range }),
      ...(this.#isBitmap() ? {} : { maxEntries: this.#capacity() }),
      ...(this.#spec.comments === true ? { comments: true } : {}),
      entries: this.#members.size,
      references: this.references,
      identity: this.#identity,
    };
  }

  members(nowMs: number): SetMember[] {
    this.#expire(nowMs);
    const timed = this.#spec.defaultTimeoutSeconds !== undefined;
    return [...this.#members.values()].map(({ address, expiresAtMs, comment }) => ({
      address,
      ...(comment === undefined ? {} : { comment }),
      ...(timed
        ? { timeoutSeconds: expiresAtMs === undefined ? 0 : secondsLeft(expiresAtMs, nowMs) }
        : {}),
    }));
  }

  /** As `Backend.test`. */
  test(address: Address, nowMs: number): boolean {
    this.#expire(nowMs);
    const { type, netmask } = this.#spec;
    if (this.#members.has(storedAddress(address, netmask).text)) return true;
    if (type !== 'hash:net' || !isSingleAddress(address)) return false;
    return [...this.#members.values()].some((member) => containsAddress(member.address, address));
  }

  flush(): void {
    this.#members.clear();
  }

  #faultOf(change: Change): ChangeFault | undefined {
    const { type, family } = this.#spec;
    const { address } = change;
    if (!['hash:ip', 'hash:net', 'bitmap:ip'].includes(type)) return 'unsupported-type';
    if (address.family !== family) return 'wrong-family';
    if (type === 'hash:net') return address.prefixLength === 0 ? 'unstorable' : this.#timed(change);
    if (!isSingleAddress(address)) return 'prefix-unsupported';
    if (type === 'hash:ip' && isNullAddress(storedAddress(address, this.#spec.netmask))) {
      return 'unstorable';
    }
    return this.#inRange(address) ? this.#timed(change) : 'out-of-range';
  }

  #timed(change: Change): ChangeFault | undefined {
    return change.op === 'add' &&
      change.timeoutSeconds !== undefined &&
      this.#spec.defaultTimeoutSeconds === undefined
      ? 'timeout-unsupported'
      : undefined;
  }

  #inRange(address: Address): boolean {
    if (!this.#isBitmap()) return true;
    const first = this.#range && parseAddress(this.#range.first);
    const last = this.#range && parseAddress(this.#range.last);
    if (first?.ok !== true || last?.ok !== true) return false;
    const position = positionOf(address.bytes);
    return position >= positionOf(first.value.bytes) && position <= positionOf(last.value.bytes);
  }

  #isBitmap(): boolean {
    return this.#spec.type === 'bitmap:ip';
  }

  #capacity(): number {
    if (this.#isBitmap()) return Infinity;
    return this.#spec.maxEntries ?? DEFAULT_MAX_ENTRIES;
  }

  #expire(nowMs: number): void {
    if (nowMs < this.#nextExpiryMs) return;
    this.#nextExpiryMs = Infinity;
    for (const [key, { expiresAtMs }] of this.#members) {
      if (expiresAtMs === undefined) continue;
      if (expiresAtMs <= nowMs) this.#members.delete(key);
      else this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiresAtMs);
    }
  }
}

/** True for 0.0.0.0 and ::, which the kernel's hash:ip cannot hold. */
function isNullAddress(address: Address): boolean {
  return address.bytes.every((byte) => byte === 0);
}

function secondsLeft(expiresAtMs: number, nowMs: number): number {
  // Never 0, which would read as "for ever"; the kernel rounds the same way (ip_set_timeout.h).
  return Math.max(1, Math.floor((expiresAtMs - nowMs) / 1000));
}
