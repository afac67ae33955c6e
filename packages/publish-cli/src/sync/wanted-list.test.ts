import { describe, expect, it } from '@jest/globals';
import { containsAddress, parseAddress, type Address } from '@vallum/core';
import * as fc from 'fast-check';
import type { BadEntry } from '../plan-messages.js';
import { readPlainLine } from './list-lines.js';
import { listFault } from './refuse-list.js';
import { readWanted } from './wanted-list.js';

function wanted(text: string) {
  const bad: BadEntry[] = [];
  const rules = { name: 'list', readLine: readPlainLine, minPrefixLength: { ipv4: 16, ipv6: 32 } };
  return { ...readWanted(text, rules, (entry) => bad.push(entry)), complaints: bad };
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

describe('a whole list', () => {
  it('is in order, without what stands in it twice or inside a wider one', () => {
    const text = '\ufeff198.51.100.9\n2001:db8::1\n198.51.100.0/24\r\n192.0.2.7\n192.0.2.7\n';
    expect(wanted(text)).toMatchObject({
      addresses: ['192.0.2.7', '198.51.100.0/24', '2001:db8::1'],
      repeated: 2,
      bad: 0,
    });
  });

  it('costs for a bad line that line, which is named', () => {
    const { addresses, bad, complaints } = wanted(
      '192.0.2.7\n10.0.0.0/8\n\n\u001b[2J\n127.0.0.1\n',
    );
    expect(addresses).toEqual(['192.0.2.7']);
    expect(bad).toBe(3);
    expect(complaints.map(({ place, input }) => [place, input])).toEqual([
      ['list:2', '10.0.0.0/8'],
      ['list:4', '\\x1b[2J'],
      ['list:5', '127.0.0.1'],
    ]);
    expect(complaints[0]?.detail).toContain('--min-prefix 8');
  });

  it('covers what its lines cover, and nothing twice', () => {
    const anyLine = fc
      .tuple(fc.integer({ min: 0, max: 0x3ff }), fc.integer({ min: 20, max: 32 }))
      .map(
        ([host, length]) =>
          `198.18.${(host >> 8).toString()}.${(host & 255).toString()}/${length.toString()}`,
      );
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 40 }), (lines) => {
        const kept = wanted(lines.join('\n')).addresses.map(address);
        for (const line of lines) {
          expect(kept.filter((one) => containsAddress(one, address(line)))).toHaveLength(1);
        }
        const texts = new Set(lines.map((line) => address(line).text));
        expect(kept.every(({ text }) => texts.has(text))).toBe(true);
      }),
    );
  });
});

describe('a list that looks like a mistake', () => {
  const fault = (text: string, lastSize = 0) => listFault(wanted(text), lastSize);
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => `192.0.2.${n.toString()}`).join('\n');

  it('is refused where it is empty, mostly unusable, or less than half of the last one', () => {
    expect(fault('# nothing\n')).toMatch(/empty/);
    expect(fault('a\nb\n')).toMatch(/no line/);
    expect(fault('192.0.2.7\na\nb\n')).toMatch(/more of it is unusable/);
    expect(fault(many(49), 100)).toMatch(/shrunk/);
    expect(fault(many(50), 100)).toBeUndefined();
    expect(fault('192.0.2.7\na\n')).toBeUndefined();
  });

  it('is refused where it covers more than a quarter of the Internet, in whatever pieces', () => {
    const pieces = (networks: number) =>
      Array.from({ length: networks }, (_, n) => {
        const [a, b] = [(n >> 8) + 20, n & 255];
        return `${a.toString()}.${b.toString()}.0.0/16`;
      }).join('\n');
    expect(fault(pieces(16_000))).toBeUndefined();
    expect(fault(pieces(17_000))).toMatch(/covers 25\.9 % of all IPv4/);
  });
});
