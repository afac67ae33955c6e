import type { Family } from '@vallum/core';
import { ports } from './iptables-matches.js';
import { addressRange, addressSpan } from './packet-space.js';
import type { IntervalSet } from './interval-set.js';
import type { Change, Verdict } from './ruleset.js';

const DROPS: ReadonlySet<string> = new Set(['DROP', 'REJECT', 'TARPIT']);
const GOES_ON: ReadonlySet<string> = new Set([
  ...['LOG', 'NFLOG', 'ULOG', 'CLASSIFY', 'TCPMSS', 'TCPOPTSTRIP', 'TOS', 'DSCP', 'TTL', 'HL'],
  ...['SET', 'AUDIT', 'TRACE', 'CHECKSUM', 'SECMARK', 'CONNSECMARK', 'RATEEST', 'LED', 'TEE'],
  ...['IDLETIMER', 'ECN', 'HMARK', 'MASQUERADE', 'SNAT'],
]);
const ALL_BITS = 0xffffffff;

export interface Target {
  readonly changes: readonly Change[];
  readonly verdict: Verdict;
}

/** @param words from `-j` or `-g` on; none: the rule only counts */
export function readTarget(
  [option, target = '', ...rest]: readonly string[],
  family: Family,
  chains: ReadonlyMap<string, unknown>,
): Target {
  const only = (verdict: Verdict): Target => ({ changes: [], verdict });
  const changing = (...changes: Change[]): Target => ({ changes, verdict: { kind: 'none' } });
  if (option === undefined) return only({ kind: 'none' });
  if (chains.has(target)) return only({ kind: option === '-g' ? 'goto' : 'jump', chain: target });
  if (target === 'ACCEPT') return only({ kind: 'accept' });
  if (target === 'RETURN') return only({ kind: 'return' });
  if (DROPS.has(target)) return only({ kind: 'drop' });
  if (GOES_ON.has(target)) return only({ kind: 'none' });
  switch (target) {
    case 'NFQUEUE':
    case 'QUEUE':
      return only({ kind: 'queue' });
    case 'MARK':
      return changing(markChange('packet', rest));
    case 'CONNMARK':
      return changing(markChange('connection', rest));
    case 'NOTRACK':
      return changing({ kind: 'untrack' });
    case 'CT':
      return rest.includes('--notrack') ? changing({ kind: 'untrack' }) : only({ kind: 'none' });
    case 'DNAT':
      return only(translation(valueOf(rest, '--to-destination') ?? '', family));
    case 'NETMAP': {
      const dst = addressRange(valueOf(rest, '--to') ?? '', family);
      return only({ kind: 'dnat', dst, ports: undefined, redirect: false });
    }
    case 'REDIRECT': {
      const word = valueOf(rest, '--to-ports');
      const to = word === undefined ? undefined : (ports(word) ?? 'unknown');
      return only({ kind: 'dnat', dst: undefined, ports: to, redirect: true });
    }
    default:
      return only({ kind: 'unknown' });
  }
}

/** `--set-xmark 0x4000/0x4000`, `--save-mark --nfmask 0xff --ctmask 0xff`, `--restore-mark` */
function markChange(of: 'packet' | 'connection', words: readonly string[]): Change {
  const set = valueOf(words, '--set-xmark') ?? valueOf(words, '--set-mark');
  if (set !== undefined) {
    const [value = '', mask = '0xffffffff'] = set.split('/');
    return { kind: 'mark', of, and: ~Number(mask) >>> 0, xor: Number(value) };
  }
  const kind = words.includes('--save-mark') ? 'save' : 'restore';
  if (kind === 'restore' && !words.includes('--restore-mark')) return { kind: 'mark-lost', of };
  const both = valueOf(words, '--mask');
  return {
    kind,
    packetMask: Number(valueOf(words, '--nfmask') ?? both ?? ALL_BITS),
    connectionMask: Number(valueOf(words, '--ctmask') ?? both ?? ALL_BITS),
  };
}

/** `192.0.2.1:80`, `192.0.2.1-192.0.2.9`, `:8080-8090`, `[2001:db8::1]:80` */
function translation(text: string, family: Family): Verdict {
  const match = /^\[?([^\]]*?)\]?(?::([\d-]+)(?:\/\d+)?)?$/.exec(
    // An IPv6 address stands in brackets where a port follows.
    family === 'ipv6' && !text.startsWith('[') ? `[${text}]` : text,
  );
  const [, addresses = '', port] = match ?? [];
  const [first = '', last = first] = addresses.split('-');
  const dst: IntervalSet | undefined = addressSpan(first, last, family);
  const to = port === undefined ? undefined : (ports(port) ?? 'unknown');
  // `:8080`, for what is sent to this machine anyway.
  return { kind: 'dnat', dst, ports: to, redirect: addresses === '' };
}

function valueOf(words: readonly string[], option: string): string | undefined {
  const index = words.indexOf(option);
  return index < 0 ? undefined : words[index + 1];
}
