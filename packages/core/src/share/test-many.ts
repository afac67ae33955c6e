import type { RegisterColumns } from '../lease/register-columns.js';
import { BAN } from '../message/entry-columns.js';

/** Leases number `from` to `to` of a list, each of another address. */
export function registerColumns(from: number, to: number, nowMs: number): RegisterColumns {
  const length = to - from;
  const untilUnix = Math.floor(nowMs / 1000) + 86_400;
  return {
    ...{ family: 'ipv4', length },
    words: Uint32Array.from({ length }, (_, index) => Math.imul(from + index, 0x9e3779b1) >>> 0),
    prefixLengths: new Uint8Array(length).fill(32),
    actions: new Uint8Array(length).fill(BAN),
    flags: new Uint8Array(length),
    origins: Uint32Array.from({ length }, (_, index) => 1 + ((from + index) % 10)),
    untils: Float64Array.from({ length }, (_, index) => untilUnix + ((from + index) % 3_600)),
    stamps: Float64Array.from({ length }, (_, index) => nowMs - 1_000 * (from + index)),
    reasons: new Uint32Array(length).fill(1),
    originNames: ['', ...Array.from({ length: 10 }, (_, index) => `web${index}.sshd`)],
    reasonTexts: ['', 'sshd: 5 failures'],
    keepUntils: new Float64Array(length),
  };
}
