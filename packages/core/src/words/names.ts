import type { Brand } from './brand.js';
import { failure, success, type Result } from './result.js';

/** A kernel set's name: 1–31 printable ASCII characters without white space, quotes or `-` in front. */
export type SetName = Brand<string, 'SetName'>;

/** The name of a node or jail that asked for a ban: 1–128 of `A-Z a-z 0-9 . _ : @ -`. */
export type Origin = Brand<string, 'Origin'>;

// IPSET_MAXNAMELEN is 32 with its NUL (linux/netfilter/ipset/ip_set.h).
const SET_NAME = /^[A-Za-z0-9_.:@/][A-Za-z0-9_.:@/+-]{0,30}$/;
const ORIGIN = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;

/** Checks the name of a kernel set. */
export function parseSetName(text: string): Result<SetName, 'bad-set-name'> {
  return SET_NAME.test(text)
    ? success(text as SetName)
    : failure(
        'bad-set-name',
        'a set name has 1 to 31 letters, digits or _ . : @ / + - and does not start with + or -',
      );
}

/** Checks the name of an origin. */
export function parseOrigin(text: string): Result<Origin, 'bad-origin'> {
  return ORIGIN.test(text)
    ? success(text as Origin)
    : failure(
        'bad-origin',
        'an origin has 1 to 128 letters, digits or . _ : @ - and starts with a letter or digit',
      );
}

/** A name that can be a level of a topic. */
export function isNodeName(name: unknown): name is string {
  return typeof name === 'string' && /^[^/+#\p{C}]{1,128}$/u.test(name);
}

/** fail2ban's own convention: `blacklist6` is for IPv6, whatever is named otherwise for IPv4. */
export function familyOfName(set: string): 'ipv4' | 'ipv6' {
  return set.endsWith('6') ? 'ipv6' : 'ipv4';
}

/**
 * Where the IPv6 addresses of an IPv4 set live: `blacklist6` beside `blacklist`.
 *
 * @returns undefined where the name would be too long
 */
export function ipv6Companion(set: SetName): SetName | undefined {
  const name = parseSetName(`${set}6`);
  return name.ok ? name.value : undefined;
}
