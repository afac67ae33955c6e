import { DEFAULT_MIN_PREFIX, PROTECT_SET, PROTECT_TOPIC } from '@vallum/core';
import type { LoadedOptions } from '@vallum/options';
import { toRequest } from '../parse-command-line.js';
import type { PublishRequest } from '../request.js';
import { uselessOptions, type protectOptions } from './protect-options.js';

type Loaded = Pick<LoadedOptions<typeof protectOptions>, 'values' | 'places' | 'positionals'>;

/**
 * What `protect add` and `protect del` ask for: entries of the fleet's protect list, which without an end
 * of their own are for ever.
 *
 * @returns a sentence where it cannot be done
 */
export function protectRequest(
  { values, places, positionals }: Loaded,
  nowMs: number,
): PublishRequest | string {
  const [command] = positionals;
  const [useless] = uselessOptions(places);
  if (useless !== undefined) {
    return `protect takes no --${useless}: the list is one for all sets, and takes nothing wider than /16 (IPv6 /32)`;
  }
  const isEndless = command === 'add' && values.timeout === undefined && values.until === undefined;
  const request = toRequest(
    {
      positionals,
      values: {
        ...values,
        ...{ set: PROTECT_SET, topic: PROTECT_TOPIC, all: false, since: undefined },
        ...(isEndless ? { until: 'never' } : {}),
        ...{ 'min-prefix': DEFAULT_MIN_PREFIX.ipv4, 'min-prefix6': DEFAULT_MIN_PREFIX.ipv6 },
      },
    },
    nowMs,
  );
  if (request.ok) return { ...request.value, isProtection: true };
  return request.reason === 'nothing-to-send'
    ? `say which addresses: vallum-pub protect ${command ?? 'add'} 198.51.100.0/24, or --file LIST`
    : request.detail;
}
