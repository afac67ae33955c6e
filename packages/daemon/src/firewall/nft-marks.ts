import { list, object, single } from './nft-json.js';
import { keyOf } from './nft-values.js';
import type { Change } from './ruleset.js';

/**
 * `meta mark set 7`, `meta mark set meta mark | 0x10`, `ct mark set meta mark`
 *
 * @returns undefined where it changes what rules look at: another packet from here on
 */
export function markChanges({
  key,
  value,
}: {
  readonly key?: unknown;
  readonly value?: unknown;
}): readonly Change[] | undefined {
  const of = markOf(key);
  if (of === undefined) {
    return keyOf(key, 'ipv4') === undefined ? [] : undefined;
  }
  if (typeof value === 'number') return [{ kind: 'mark', of, and: 0, xor: value >>> 0 }];
  const from = markOf(value);
  const whole = { packetMask: 0xffffffff, connectionMask: 0xffffffff };
  if (from === of) return [];
  if (from !== undefined) return [{ kind: of === 'connection' ? 'save' : 'restore', ...whole }];
  const [operator, operands] = single(value);
  const [first, second] = list(operands);
  if (markOf(first) !== of || typeof second !== 'number') return [{ kind: 'mark-lost', of }];
  const bits = second >>> 0;
  if (operator === '|') return [{ kind: 'mark', of, and: ~bits >>> 0, xor: bits }];
  if (operator === '&') return [{ kind: 'mark', of, and: bits, xor: 0 }];
  if (operator === '^') return [{ kind: 'mark', of, and: 0xffffffff, xor: bits }];
  return [{ kind: 'mark-lost', of }];
}

function markOf(key: unknown): 'packet' | 'connection' | undefined {
  const { meta, ct } = object(key);
  if (object(meta)['key'] === 'mark') return 'packet';
  return object(ct)['key'] === 'mark' ? 'connection' : undefined;
}
