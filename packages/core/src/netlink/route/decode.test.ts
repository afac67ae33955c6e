import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NetlinkError } from '../error.js';
import { decodeAddress } from './decode-address.js';
import { decodeLink } from './decode-link.js';
import { visitGateways, visitNextHopObject, type VisitGateway } from './decode-route.js';

/** Payloads as a kernel 6.18 on amd64 sent them, behind their struct nlmsghdr. */
const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const shown = (address: Uint8Array): string => Buffer.from(address).toString('hex');

function gateways(
  read: (payload: Uint8Array, visit: VisitGateway) => void,
  payload: Uint8Array,
): string[] {
  const found: string[] = [];
  read(payload, (address, index) => found.push(`${shown(address)} on ${index.toString()}`));
  return found;
}

describe('what rtnetlink tells', () => {
  it('reads the name of a link', () => {
    expect(decodeLink(bytes('0000 0100 03000000 43100100 00000000 0700 0300 76300000'))).toEqual({
      index: 3,
      name: 'v0',
    });
  });

  it.each<[string, string, string[]]>([
    [
      '198.51.100.1/24 brd +',
      `02188000 03000000 08000100 c6336401 08000200 c6336401 08000400 c63364ff 07000300 76300000
       08000800 80000000 14000600 ffffffffffffffff d2050200 d2050200`,
      ['own c6336401 /24', 'broadcast c63364ff'],
    ],
    [
      '10.9.0.1 peer 10.9.0.2',
      `02208000 03000000 08000100 0a090002 08000200 0a090001 07000300 76300000 08000800 80000000
       14000600 ffffffffffffffff d3050200 d3050200`,
      ['own 0a090001', 'peer 0a090002'],
    ],
    [
      '2001:db8:1::1/64',
      `0a408200 03000000 14000100 20010db8000100000000000000000001
       14000600 ffffffffffffffff d3050200 d3050200 08000800 82000000`,
      ['own 20010db8000100000000000000000001 /64'],
    ],
    ['of another family (DECnet)', '0c108000 03000000 06000100 01040000', []],
  ])('reads the address %s', (_, hex, expected) => {
    const facts = decodeAddress(bytes(hex));
    expect(facts.every(({ index }) => index === 3)).toBe(true);
    expect(
      facts.map(({ kind, bytes: address, prefixLength }) =>
        [
          kind,
          shown(address),
          ...(prefixLength === undefined ? [] : [`/${prefixLength.toString()}`]),
        ].join(' '),
      ),
    ).toEqual(expected);
  });

  it.each<[string, string, string[]]>([
    [
      'default via 198.51.100.4 table 1000',
      '02000000 fc030001 00000000 08000f00 e8030000 08000500 c6336404 08000400 03000000',
      ['c6336404 on 3'],
    ],
    [
      'default with two next hops',
      `02000000 fe030001 00000000 08000f00 fe000000
       24000900 10000000 03000000 08000500 c6336402 10000001 03000000 08000500 c6336403`,
      ['c6336402 on 3', 'c6336403 on 3'],
    ],
    [
      'IPv4 via inet6 fe80::77',
      `02180000 fe030001 00000000 08000f00 fe000000 08000100 c0000200
       16001200 0a00 fe800000000000000000000000000077 0000 08000400 03000000`,
      ['fe800000000000000000000000000077 on 3'],
    ],
    [
      'two next hops, the first via inet6',
      `02100000 fe030001 00000000 08000f00 fe000000 08000100 0a380000 34000900
       20000000 03000000 16001200 0a00 fe80000000000000000000000000000a 0000
       10000000 03000000 08000500 c6336405`,
      ['fe80000000000000000000000000000a on 3', 'c6336405 on 3'],
    ],
    [
      'IPv6 default with two next hops',
      `0a000000 fe030001 00000000 08000f00 fe000000 08000600 00040000 3c000900
       1c000000 03000000 14000500 20010db8000100000000000000000002
       1c000000 03000000 14000500 20010db8000100000000000000000003
       24000c00 0000000000000000 0000000000000000 0000000000000000 0000000000000000 05001400 00000000`,
      ['20010db8000100000000000000000002 on 3', '20010db8000100000000000000000003 on 3'],
    ],
    [
      'a nexthop group, which the kernel spells out too',
      `02190000 fe030001 00000000 08000f00 fe000000 08000100 c0000280 08001e00 09000000
       24000900 10000000 03000000 08000500 c6336408 10000000 03000000 08000500 c6336409`,
      ['c6336408 on 3', 'c6336409 on 3'],
    ],
    ['unreachable', '02100000 fe030007 00000000 08000f00 fe000000 08000100 0a370000', []],
    [
      'table local',
      '02200000 ff02fe01 00000000 08000f00 ff000000 08000500 c6336404 08000400 03000000',
      [],
    ],
  ])('reads the gateways of a route: %s', (_, hex, expected) => {
    expect(gateways(visitGateways, bytes(hex))).toEqual(expected);
  });

  it.each<[string, string, string[]]>([
    [
      'one',
      '02fd0000 00000000 08000100 07000000 08000500 03000000 08000600 c6336408',
      ['c6336408 on 3'],
    ],
    [
      'IPv6',
      '0afd0000 00000000 08000100 08000000 08000500 03000000 14000600 fe800000000000000000000000000099',
      ['fe800000000000000000000000000099 on 3'],
    ],
    [
      'a group',
      `00000000 00000000 08000100 09000000 06000300 00000000
       14000200 07000000 00000000 06000000 00000000 08000e00 00000080`,
      [],
    ],
  ])('reads a nexthop object: %s', (_, hex, expected) => {
    expect(gateways(visitNextHopObject, bytes(hex))).toEqual(expected);
  });

  it.each<[string, () => unknown]>([
    ['a short header', () => decodeLink(bytes('0000'))],
    ['a short header', () => decodeAddress(bytes('0218'))],
    ['a short header', () => gateways(visitGateways, bytes('0218'))],
    ['a short header', () => gateways(visitNextHopObject, bytes('0218'))],
    ['three bytes', () => decodeAddress(bytes('02188000 03000000 07000100 c63364 00'))],
    [
      'a gateway of three bytes',
      () => gateways(visitGateways, bytes('02000000 fe030001 00000000 07000500 c63364 00')),
    ],
    [
      'a next hop that leads outside',
      () => gateways(visitGateways, bytes('02000000 fe030001 00000000 0c000900 f0000000 03000000')),
    ],
    [
      'half a next hop',
      () => gateways(visitGateways, bytes('02000000 fe030001 00000000 08000900 10000000')),
    ],
    [
      'a family without an address',
      () => gateways(visitGateways, bytes('02000000 fe030001 00000000 05001200 0a 000000')),
    ],
  ])('refuses %s', (_, read) => {
    expect(read).toThrow(NetlinkError);
  });

  it('never looks outside of a message, whatever is in it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (payload) => {
        // Deliver, so that the attributes are looked at.
        if (payload.length > 7) payload[7] = 1;
        for (const read of [
          () => decodeAddress(payload),
          () => gateways(visitGateways, payload),
          () => gateways(visitNextHopObject, payload),
        ]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(NetlinkError);
          }
        }
      }),
    );
  });
});
