import { describe, expect, it } from '@jest/globals';
import { ListReader } from './list-reader.js';
import { readList } from './list.js';

function read(text: string | string[]): string[] {
  return [...readList(text)].map((line) =>
    line.ok
      ? `${String(line.line)} ${line.entry.address.text} ${line.entry.reason ?? ''}`.trim()
      : `${line.rejection.place}: ${line.rejection.code} ${line.rejection.input}`,
  );
}

describe('readList', () => {
  it('skips blank lines and comments, and counts them', () => {
    const text = '# hosts\n\n192.0.2.1\n  ; more\r\n192.0.2.2 # web\n192.0.2.0/28 ; SBL1\r\n \t\n';
    expect(read(text)).toEqual(['3 192.0.2.1', '5 192.0.2.2', '6 192.0.2.0/28']);
  });

  it('reads entries with all their words', () => {
    const [line] = readList('192.0.2.1 timeout 60 origin web1 reason "a # b"');
    expect(line).toMatchObject({
      line: 1,
      entry: { timeoutSeconds: 60, origin: 'web1', reason: 'a # b' },
    });
  });

  it('keeps # and ; inside quotes, also behind an escaped quote', () => {
    expect(read('192.0.2.1 reason "say \\" # no" # yes')).toEqual(['1 192.0.2.1 say " # no']);
    expect(read('192.0.2.1 reason "a#b;c"')).toEqual(['1 192.0.2.1 a#b;c']);
  });

  it('takes away a byte order mark in front of the first line only', () => {
    expect(read('\ufeff# hosts\n192.0.2.1')).toEqual(['2 192.0.2.1']);
    expect(read('\ufeff192.0.2.1\n\ufeff192.0.2.2')).toEqual([
      '1 192.0.2.1',
      'line 2: bad-address \\u{feff}192.0.2.2',
    ]);
  });

  it('reads a JSON object a line, among others', () => {
    const line = '{"address":"2001:DB8::1","timeout":60,"origin":"web1","reason":"a # \\"b\\""}';
    const [first, second] = readList(`${line} # more\n192.0.2.1\n`);
    expect(first).toMatchObject({
      line: 1,
      entry: { timeoutSeconds: 60, origin: 'web1', reason: 'a # "b"' },
    });
    expect(second).toMatchObject({ line: 2, entry: { address: { text: '192.0.2.1' } } });
  });

  it.each([
    ['{"address":"192.0.2.1"', 'bad-entry'],
    ['{"address":"192.0.2.1"} {"address":"192.0.2.2"}', 'bad-entry'],
    ['{"address":"010.0.0.1"}', 'bad-address'],
    ['{"adress":"192.0.2.1"}', 'bad-entry'],
    ['{"address":"192.0.2.1","until":-2}', 'bad-time'],
    ['["192.0.2.1"]', 'bad-address'],
  ])('refuses %s as a line', (line, code) => {
    expect(read(`${line}\n192.0.2.9`)).toEqual([
      expect.stringMatching(`^line 1: ${code} `),
      '2 192.0.2.9',
    ]);
  });

  it('lets a bad line cost that line only', () => {
    expect(read(['192.0.2.1', '1.2.3\u001b', '1.2.3.4; flush', '192.0.2.2'])).toEqual([
      '1 192.0.2.1',
      'line 2: bad-address 1.2.3\\x1b',
      'line 3: bad-address 1.2.3.4; flush',
      '4 192.0.2.2',
    ]);
  });
});

/** The lines of a list that comes in these pieces. */
function readPieces(pieces: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  const reader = new ListReader({
    entry: (entry, line, bytes, start) => {
      const { address, reason = '' } = entry.toEntry();
      const own = Buffer.from(bytes.subarray(start, start + entry.canonicalLength)).toString();
      lines.push(`${String(line)} ${own || `(${address.text})`} ${reason}`.trim());
    },
    rejected: ({ place, code }) => lines.push(`${place}: ${code}`),
  });
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return lines;
}

describe('ListReader', () => {
  const text =
    '\ufeff192.0.2.1 reason "grün # 1"\n# x\n\n192.0.2.0/24 ; SBL\r\n::1\n010.0.0.1\n192.0.2.3';
  const expected = [
    '1 (192.0.2.1) grün # 1',
    '4 192.0.2.0/24',
    '5 (::1)',
    'line 6: bad-address',
    '7 192.0.2.3',
  ];

  it('reads lines that are cut anywhere, also within a character', () => {
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(readPieces([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(expected);
    }
    expect(readPieces(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it('refuses a line without end as one line, and goes on behind it', () => {
    const long = Buffer.from('A'.repeat(100_000));
    const pieces = [long, long, Buffer.from('\n192.0.2.1\n')];
    expect(readPieces(pieces)).toEqual(['line 1: bad-entry', '2 192.0.2.1']);
  });

  it('lets bytes that are no UTF-8 cost their line only', () => {
    const bytes = Buffer.from('192.0.2.1\n\xff\n192.0.2.2\n', 'latin1');
    expect(readPieces([bytes])).toEqual(['1 192.0.2.1', 'line 2: not-utf8', '3 192.0.2.2']);
  });
});
