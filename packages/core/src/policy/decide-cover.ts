import type { Address } from '../address/address.js';
import { failure, success, type Result } from '../words/result.js';
import type { Cover } from './cover.js';
import { coverage } from './decide-ban.js';
import type { SetInfo } from '../backend/backend.js';
import type { Policy } from './policy.js';

/**
 * Says whether a set may cover this address too.
 *
 * @param cover what the set covers now
 */
export function decideCover(
  address: Address,
  policy: Pick<Policy, 'maxCover'>,
  cover: Cover,
  info: Pick<SetInfo, 'set' | 'netmask'>,
): Result<Address, 'cover-exceeded'> {
  const covered = coverage(address, info);
  const [a = 0, b = 0, c = 0, d = 0] = covered.bytes;
  const word0 = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  if (!cover.wouldExceed(word0, covered.prefixLength, policy.maxCover)) return success(address);
  const space = address.family === 'ipv4' ? 'all IPv4 addresses' : 'the global IPv6 addresses';
  return failure(
    'cover-exceeded',
    `${covered.text} would be too much for set ${info.set}: it covers ${percent(cover.share)} of ` +
      `${space}, and may cover ${percent(policy.maxCover)}`,
  );
}

/** `24.99 %`: rounded down, so that what is below a limit never reads as if it had reached it. */
function percent(share: number): string {
  // The small amount is for 0.29 * 100, which is 28.999999999999996.
  return `${String(Math.floor(share * 10_000 + 1e-6) / 100)} %`;
}
