import { overlaps } from '../address/contain.js';
import type { Address, Family } from '../address/address.js';
import { addressFromBytes } from '../address/from-bytes.js';
import { parseAddress } from '../address/parse.js';
import { VallumError } from '../words/errors.js';

/** An address or prefix that may not be banned, and why: for the refusal's message. */
export interface ProtectedEntry {
  readonly address: Address;
  /** Such as `loopback`, `address of eth0`, `name server`, `--protect`. */
  readonly because: string;
}

export interface ProtectList {
  readonly entries: readonly ProtectedEntry[];
  /** The first entry that the address is, contains or lies in. */
  conflict(address: Address): ProtectedEntry | undefined;
}

/** Never to be banned on any host: a packet from here comes from the host itself. */
export const LOOPBACK: readonly ProtectedEntry[] = /* @__PURE__ */ loopback();

/** From bytes: reading IPv6 text for the first time makes Node compile a pattern for 20 ms. */
function loopback(): ProtectedEntry[] {
  const one = new Uint8Array(16);
  one[15] = 1;
  return [
    addressFromBytes('ipv4', Uint8Array.of(127, 0, 0, 0), 8),
    addressFromBytes('ipv6', one),
  ].map((address) => ({ address, because: 'loopback' }));
}

export function createProtectList(entries: readonly ProtectedEntry[]): ProtectList {
  const byFamily: Record<Family, ProtectedEntry[]> = { ipv4: [], ipv6: [] };
  for (const entry of entries) byFamily[entry.address.family].push(entry);
  return {
    entries,
    conflict: (address) =>
      byFamily[address.family].find((entry) => overlaps(entry.address, address)),
  };
}

/**
 * Reads a protect list as an administrator writes it.
 *
 * @throws VallumError `INVALID_ARGUMENT` naming the entry that is no address
 */
export function protectedEntries(texts: readonly string[], because: string): ProtectedEntry[] {
  return texts.map((text) => {
    const parsed = parseAddress(text);
    if (!parsed.ok) {
      throw new VallumError(
        `the protect list holds ${JSON.stringify(text)}, which is no address or prefix: ${parsed.detail}`,
        { code: 'INVALID_ARGUMENT', operation: 'read the protect list' },
      );
    }
    return { address: parsed.value, because };
  });
}
