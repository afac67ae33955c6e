import { VallumError } from '../words/errors.js';
import { SET_TYPES, type SetSpec } from './backend.js';
import { parseBitmapRange, type BitmapRange } from './bitmap-range.js';
import { isTimeout } from './check-timeout.js';

const MAX_ENTRIES = 0xffff_ffff;

/**
 * Checks what is wanted before it reaches a tool or the kernel.
 *
 * @returns the range of a bitmap:ip
 * @throws VallumError `INVALID_ARGUMENT`
 */
export function checkSetSpec(spec: SetSpec): BitmapRange | undefined {
  const { type, defaultTimeoutSeconds, maxEntries } = spec;
  const refuse = (problem: string): never => {
    throw new VallumError(`cannot create set ${spec.set}: ${problem}`, {
      code: 'INVALID_ARGUMENT',
      operation: 'create set',
    });
  };
  if (!SET_TYPES.includes(type)) refuse(`its type has to be one of ${SET_TYPES.join(', ')}`);
  if (defaultTimeoutSeconds !== undefined && !isTimeout(defaultTimeoutSeconds)) {
    refuse(`a timeout of ${defaultTimeoutSeconds} is none that the kernel can hold (0 to 2147483)`);
  }
  if (
    maxEntries !== undefined &&
    !(Number.isInteger(maxEntries) && maxEntries > 0 && maxEntries <= MAX_ENTRIES)
  ) {
    refuse(`${maxEntries} is no number of entries`);
  }
  if (type !== 'bitmap:ip') {
    return spec.range === undefined ? undefined : refuse('only a bitmap:ip has a range');
  }
  if (spec.family !== 'ipv4') refuse('a bitmap:ip holds IPv4 only; use hash:net');
  if (maxEntries !== undefined) refuse('a bitmap:ip takes no maxEntries; its range is the limit');
  if (spec.range === undefined) {
    return refuse('a bitmap:ip needs a range, such as 192.0.2.0/24');
  }
  const range = parseBitmapRange(spec.range);
  return range.ok ? range.value : refuse(range.detail);
}
