import type { Family } from '@vallum/core';
import { intersect, subtract, unite, type IntervalSet } from './interval-set.js';
import {
  addressRange,
  addressSpan,
  interfaceNames,
  KINDS,
  oneOf,
  PORT_PROTOCOLS,
  protocolNumber,
  services,
  STATES,
  whole,
  type Dimension,
} from './packet-space.js';
import type { Condition, MarkTest, SetReference } from './ruleset.js';

/** Options whose truth changes from packet to packet, or is the sender's choice. */
const SOMETIMES =
  /^--(limit|hashlimit-(upto|above)|connlimit-(upto|above)|mode|probability|every|ttl-\w+|hl-\w+|length|dscp|dscp-class|tos|ecn-\w+|quota|mss|tcp-option|rateest\S*|connbytes)$/;
/** Parts of another option, or without meaning for what matches. */
const DETAILS =
  /^(-m|--comment|--limit-burst|--hashlimit-(burst|mode|name|htable-\S+|srcmask|dstmask|rate-\S+)|--connlimit-(mask|saddr|daddr)|--packet|--name|--mask|--rsource|--rdest|--seconds|--reap|--hitcount|--rttl|--limit-iface-in|--limit-iface-out|--loose|--validmark|--accept-local|--connbytes-\S+|--update-(sub)?counters)$/;
const KIND_NAMES: Readonly<Record<string, number>> = {
  ...{ LOCAL: KINDS.local, BROADCAST: KINDS.broadcast, MULTICAST: KINDS.multicast },
  ...{ UNICAST: KINDS.other },
};

/** Gathers what the options of one rule ask of a packet. */
export class IptablesMatches {
  readonly references: SetReference[] = [];
  readonly #family: Family;
  readonly #region: Partial<Record<Dimension, IntervalSet>> = {};
  readonly #marks: MarkTest[] = [];
  #modules = new Set<string>();
  #protocol: number | undefined;
  #sometimes = false;
  #opaque = false;
  #bridged = false;
  #never = false;

  constructor(family: Family) {
    this.#family = family;
  }

  /** @returns undefined for what no new connection can be */
  condition(): Condition | undefined {
    if (this.#never) return undefined;
    return {
      ...{ region: this.#region, marks: this.#marks, sets: this.references },
      ...{ sometimes: this.#sometimes, opaque: this.#opaque, bridged: this.#bridged },
    };
  }

  /** @param option with the dashes */
  read(option: string, values: readonly string[], negated: boolean): void {
    const [value = ''] = values;
    switch (option) {
      case '-m':
        this.#modules.add(value);
        // Without options it matches what a socket waits for.
        if (value === 'socket') this.#opaque = true;
        return;
      case '-p':
        this.#readProtocol(value, negated);
        return;
      case '-i':
        this.#limit('iif', interfaceNames(value, '+'), negated);
        return;
      case '-o':
        this.#limit('oif', interfaceNames(value, '+'), negated);
        return;
      case '-s':
        this.#limit('src', addressRange(value, this.#family), negated);
        return;
      case '-d':
        this.#limit('dst', addressRange(value, this.#family), negated);
        return;
      case '--src-range':
      case '--dst-range': {
        const [first = '', last = ''] = value.split('-');
        const range = addressSpan(first, last, this.#family);
        this.#limit(option === '--src-range' ? 'src' : 'dst', range, negated);
        return;
      }
      case '-f':
        // Connection tracking puts packets together before any rule sees them.
        if (!negated) this.#opaque = true;
        return;
      case '--dport':
      case '--dports':
        this.#readPorts(value, negated);
        return;
      case '--sport':
      case '--sports':
        this.#limit('sport', ports(value), negated);
        return;
      case '--icmp-type':
      case '--icmpv6-type':
        this.#readIcmp(value, negated);
        return;
      case '--syn':
        if (negated) this.#never = true;
        return;
      case '--tcp-flags':
        // Only SYN is set in what opens a connection.
        if (isSyn(values) === negated) this.#never = true;
        return;
      case '--ctstate':
      case '--state':
        this.#limit('ct', states(value), negated);
        return;
      case '--ctdir':
        if ((value === 'ORIGINAL') === negated) this.#never = true;
        return;
      case '--mark':
        this.#readMark(value, negated);
        return;
      case '--dst-type':
        this.#limit('kind', kinds(value), negated);
        return;
      case '--src-type':
        // No host outside has an address of this machine.
        if (!/^(UNICAST|LOCAL|BROADCAST|MULTICAST)(,|$)/.test(value)) this.#opaque = true;
        else if (value.split(',').includes('UNICAST') === negated) this.#never = true;
        return;
      case '--pkt-type':
        this.#limit('kind', packetType(value), negated);
        return;
      case '--match-set': {
        const source = (values[1] ?? '').split(',', 1)[0] === 'src';
        const plain = !(values[1] ?? '').includes(',') || /^(src|dst)(,|$)/.test(values[1] ?? '');
        this.references.push({ set: value, source, negated, plain });
        return;
      }
      case '--return-nomatch':
        this.#notPlain();
        return;
      case '--invert':
        // rpfilter: only what comes from where no answer would go.
        if (this.#modules.has('rpfilter')) this.#never = true;
        else this.#opaque = true;
        return;
      case '--dir':
      case '--pol':
        // No IPsec on the way: so is every packet from a stranger.
        if (option === '--pol' && (value !== 'none' || negated)) this.#opaque = true;
        return;
      case '--set':
        if (this.#modules.has('recent') && !negated) return;
        this.#opaque = true;
        return;
      case '--physdev-is-bridged':
        if (!negated) this.#bridged = true;
        return;
    }
    if (DETAILS.test(option)) return;
    if (SOMETIMES.test(option)) this.#sometimes = true;
    else this.#opaque = true;
    // Counters of the set decide as well.
    if (/^--(packets|bytes)-/.test(option)) this.#notPlain();
  }

  #notPlain(): void {
    const last = this.references.pop();
    if (last) this.references.push({ ...last, plain: false });
  }

  /** @param set undefined: not understood */
  #limit(dimension: Dimension, set: IntervalSet | undefined, negated: boolean): void {
    if (set === undefined) {
      this.#opaque = true;
      return;
    }
    const all = whole(dimension, this.#family);
    const wanted = negated ? subtract(all, set) : set;
    const both = intersect(this.#region[dimension] ?? all, wanted);
    if (both.length === 0) this.#never = true;
    this.#region[dimension] = both;
  }

  #readProtocol(word: string, negated: boolean): void {
    if (word === 'all') return;
    const protocol = protocolNumber(word);
    if (!negated) this.#protocol = protocol;
    this.#limit('service', protocol === undefined ? undefined : services(protocol), negated);
  }

  #readPorts(word: string, negated: boolean): void {
    const found = ports(word);
    const protocol = this.#protocol;
    if (found === undefined || protocol === undefined || !PORT_PROTOCOLS.includes(protocol)) {
      this.#opaque = true;
      return;
    }
    const wanted = negated ? subtract([0, 65536], found) : found;
    this.#limit('service', services(protocol, wanted), false);
  }

  /** `8`, `3/1`, `any` */
  #readIcmp(word: string, negated: boolean): void {
    if (word === 'any') return;
    const [type = '', code] = word.split('/');
    if (!/^\d+$/.test(type) || this.#protocol === undefined) {
      this.#opaque = true;
      return;
    }
    const from = Number(type) * 256 + Number(code ?? 0);
    const range = [from, from + (code === undefined ? 256 : 1)];
    const wanted = negated ? subtract([0, 65536], range) : range;
    this.#limit('service', services(this.#protocol, wanted), false);
  }

  /** `0x1/0xff` */
  #readMark(word: string, negated: boolean): void {
    const [value = '', mask = '0xffffffff'] = word.split('/');
    const of =
      this.#modules.has('connmark') && !this.#modules.has('mark') ? 'connection' : 'packet';
    if (this.#modules.has('connmark') && this.#modules.has('mark')) this.#opaque = true;
    this.#marks.push({ of, mask: Number(mask), values: [Number(value)], negated });
  }
}

/** `22`, `22,80,1000:2000`, `:1023` */
export function ports(words: string): IntervalSet | undefined {
  const ranges = words.split(',').map((word) => {
    const match = /^(\d*)(?:([:-])(\d*))?$/.exec(word);
    if (!match || word === '') return undefined;
    const from = Number(match[1] ?? 0);
    const to = match[2] === undefined ? from : match[3] === '' ? 65535 : Number(match[3]);
    return from <= to && to < 65536 ? [from, to + 1] : undefined;
  });
  return ranges.every((range) => range !== undefined) ? unite(ranges) : undefined;
}

function states(words: string): IntervalSet | undefined {
  const sets = words.split(',').map((word): IntervalSet | undefined => {
    if (word === 'DNAT') return [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    // Where this machine changed the source, it happens later than what is looked at here.
    if (word === 'SNAT') return [];
    const state = STATES[word.toLowerCase() as keyof typeof STATES] as number | undefined;
    return state === undefined ? undefined : [state * 2, state * 2 + 2];
  });
  return sets.every((set) => set !== undefined) ? unite(sets) : undefined;
}

function kinds(words: string): IntervalSet | undefined {
  const sets = words.split(',').map((word) => KIND_NAMES[word]);
  return sets.every((kind) => kind !== undefined) ? unite(sets.map(oneOf)) : undefined;
}

export function packetType(word: string): IntervalSet | undefined {
  if (word === 'unicast' || word === 'host') return unite([oneOf(KINDS.local), oneOf(KINDS.other)]);
  if (word === 'broadcast') return oneOf(KINDS.broadcast);
  return word === 'multicast' ? oneOf(KINDS.multicast) : undefined;
}

/** `FIN,SYN,RST,ACK SYN`: whether a packet with SYN alone is one. */
function isSyn([mask = '', wanted = '']: readonly string[]): boolean {
  const looked = mask === 'ALL' || mask.split(',').includes('SYN');
  const set = wanted === 'NONE' || wanted === '' ? [] : wanted.split(',');
  return looked ? set.length === 1 && set[0] === 'SYN' : set.length === 0;
}
