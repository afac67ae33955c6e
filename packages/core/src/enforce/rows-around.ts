import { wordsPerAddress, writeWords } from '../address/address-columns.js';
import type { Address } from '../address/address.js';
import type { Page } from '../ledger/page.js';
import { maskWords } from '../plan/mask-words.js';

/** The rows of an address and of every prefix around it of which the ledger knows something, the widest first. */
export function rowsAround(page: Page, address: Address): number[] {
  if (address.family !== page.family) return [];
  const count = wordsPerAddress(page.family);
  const words = new Uint32Array(count);
  const masked = new Uint32Array(count);
  writeWords(address, words, 0);
  const rows: number[] = [];
  for (let bits = 0; bits <= address.prefixLength; bits++) {
    maskWords(words, 0, count, bits, masked);
    const row = page.find(masked, 0, bits);
    if (row >= 0) rows.push(row);
  }
  return rows;
}
