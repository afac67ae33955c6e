import { describe, expect, it } from '@jest/globals';
import { createCsvReader } from './csv-lines.js';
import { readPlainLine, type LineReader } from './list-lines.js';

function read(line: string, readLine: LineReader = readPlainLine): string[] | string {
  const result = readLine(line);
  return result.ok ? result.value.map((address) => address.text) : result.detail;
}

describe('a line of a list', () => {
  it.each([
    ['192.0.2.7', ['192.0.2.7']],
    ['  2001:DB8::/48\r', ['2001:db8::/48']],
    ['192.0.2.77/24', ['192.0.2.0/24']],
    ['', []],
    ['# FireHOL netset, 2,345 subnets', []],
    ['; Spamhaus DROP List 2026/11/26', []],
    ['192.0.2.0/24 ; SBL256894', ['192.0.2.0/24']],
    ['192.0.2.0/24\t# seen', ['192.0.2.0/24']],
    ['192.0.2.1-192.0.2.6', ['192.0.2.1', '192.0.2.2/31', '192.0.2.4/31', '192.0.2.6']],
    ['198.51.100.0 - 198.51.100.255', ['198.51.100.0/24']],
    ['2001:db8::-2001:db8::1', ['2001:db8::/127']],
    ['{"cidr":"203.0.113.0/24","sblid":"SBL1","rir":"ripencc"}', ['203.0.113.0/24']],
    ['{"type":"metadata","timestamp":1795420000,"size":1203}', []],
  ])('%j is what it says', (line, addresses) => {
    expect(read(line)).toEqual(addresses);
  });

  it.each([
    ['192.0.2.7 timeout 3600', 'and nothing else'],
    ['192.0.2.9-192.0.2.1', 'has to start with its lower address'],
    ['192.0.2.0/24-192.0.2.9', 'single addresses'],
    ['192.0.2.1-2001:db8::1', 'different families'],
    ['host-1.example', 'a name'],
    ['{"cidr":', 'JSON'],
    ['{"asn":64500}', 'none of cidr'],
    ['{"cidr":"192.0.2.0/33"}', '32'],
    ['010.0.0.1', 'leading'],
  ])('%j is refused', (line, why) => {
    expect(read(line)).toEqual(expect.stringContaining(why));
  });
});

describe('CSV', () => {
  const lines = (column: string, ...texts: string[]) => {
    const reader = createCsvReader(column);
    if (!reader.ok) return reader.detail;
    return texts.map((text) => read(text, reader.value));
  };

  it('has the address in a column by number, with or without a heading', () => {
    expect(lines('2', 'x,192.0.2.7,y', 'x,192.0.2.8', '')).toEqual([
      ['192.0.2.7'],
      ['192.0.2.8'],
      [],
    ]);
    expect(lines('1', 'network,country', '192.0.2.0/24,ZZ')).toEqual([[], ['192.0.2.0/24']]);
  });

  it('has it in a column by heading, between commas, semicolons or tabs, in quotes or not', () => {
    expect(lines('ip', 'first;IP', '"a;""b""";"192.0.2.7"')).toEqual([[], ['192.0.2.7']]);
    expect(lines('dest ip', 'x\tdest ip', 'a,b\t192.0.2.9')).toEqual([[], ['192.0.2.9']]);
  });

  it('has the ends of a range in two', () => {
    expect(lines('1,2', '192.0.2.0,192.0.2.255,AU')).toEqual([['192.0.2.0/24']]);
    expect(lines('from,to', 'to,from', '192.0.2.3,192.0.2.2')).toEqual([[], ['192.0.2.2/31']]);
  });

  it('says what is missing', () => {
    expect(lines('ip', 'a,b', '1,2')).toEqual([
      'there is no column "ip" in it',
      'it has too few columns',
    ]);
    expect(lines('3', '192.0.2.1,2')).toEqual(['it has too few columns']);
    expect(lines('0', '')).toMatch(/a number from 1 on/);
    expect(lines('1,2,3', '')).toMatch(/FIRST,LAST/);
  });
});
