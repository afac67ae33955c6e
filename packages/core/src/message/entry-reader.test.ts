import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressFromBytes } from '../address/from-bytes.js';
import { bytesFromWords } from '../address/words.js';
import { UNSAID } from './entry-end.js';
import { parseEntryLine } from './entry-line.js';
import { EntryReader } from './entry-reader.js';
import { toColumn } from './entry.js';

const reader = new EntryReader();

/** What the reader of bytes makes of a line that stands among others. */
function read(line: string): unknown {
  const bytes = Buffer.from(`x${line}1`);
  const fault = reader.readLine(bytes, 1, bytes.length - 1);
  if (fault !== undefined) return fault;
  const count = reader.family === 'ipv4' ? 1 : 4;
  const bytesOfAddress = bytesFromWords(reader.words, 0, count);
  const { until, timeoutSeconds, stamp, origin, reason } = reader;
  const address = addressFromBytes(reader.family, bytesOfAddress, reader.prefixLength).text;
  return { address, until, timeoutSeconds, stamp, origin, reason };
}

/** What the reader of text makes of it. */
function expected(line: string): unknown {
  const entry = parseEntryLine(line);
  if (!entry.ok) return entry;
  const { address, until, timeoutSeconds, stamp, origin, reason } = entry.value;
  return {
    address: address.text,
    until: toColumn(until),
    timeoutSeconds: toColumn(timeoutSeconds),
    stamp: stamp ?? UNSAID,
    origin: origin ?? '',
    reason: reason ?? '',
  };
}

const address = fc.oneof(
  { weight: 6, arbitrary: fc.ipV4() },
  { weight: 4, arbitrary: fc.ipV6() },
  fc.tuple(fc.ipV4(), fc.nat(33)).map(([host, length]) => `${host}/${String(length)}`),
  fc.tuple(fc.ipV6(), fc.nat(129)).map(([host, length]) => `${host}/${String(length)}`),
  fc
    .tuple(fc.ipV4(), fc.integer({ min: 90, max: 128 }))
    .map(([host, n]) => `::ffff:${host}/${String(n)}`),
  fc.constantFrom('::1.2.3.4', '010.0.0.1', '1.2.3', '1.2.3.4/08', '1.2.3.4/', '::/', 'localhost'),
);
const time = fc.oneof(
  { weight: 6, arbitrary: fc.nat().map(String) },
  fc.constantFrom(
    'never',
    '-1',
    '-0',
    '0',
    '00',
    '007',
    '-2',
    '1.5',
    '253402300799',
    '253402300800',
  ),
  fc.constantFrom('123456789012345', '1234567890123456', '1e3', '', '"5"', 'Never'),
);
const stamp = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 253_402_300_799_999 }).map(String) },
  fc.constantFrom('1795416400000.5', '1795416400000.1234', '99999999999', '100000000000', 'never'),
  fc.constantFrom(
    '253402300799999',
    '253402300800000',
    '253402300799000',
    '-1',
    '',
    '01795416400000',
  ),
);
const origin = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9._:@-]{1,130}$/),
  fc.constantFrom('web1', 'web1.sshd', '', 'a/b', '"web1"', 'é', 'a'.repeat(128), 'a'.repeat(129)),
);
const reason = fc.oneof(
  fc.string({ maxLength: 20 }).map((text) => `"${text}"`),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => `"${text}"`),
  fc.constantFrom(
    '""',
    '"',
    'sshd',
    '"a"b',
    '"a',
    '"\\""',
    `"${'a'.repeat(256)}"`,
    `"${'a'.repeat(257)}"`,
  ),
);
const word = fc.oneof(
  time.map((value) => ['until', value]),
  time.map((value) => ['timeout', value]),
  stamp.map((value) => ['at', value]),
  origin.map((value) => ['origin', value]),
  reason.map((value) => ['reason', value]),
  fc.constantFrom(
    ['x-a', '1'],
    ['x-a', '"b c"'],
    ['untill', '5'],
    ['a', '1'],
    ['timeou', '1'],
    ['', ''],
  ),
);
const blank = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(' ', ' ', '\t', '  ', ' \t ') },
  fc.constantFrom('\r', ''),
);
const line = fc
  .tuple(address, fc.array(fc.tuple(blank, word, blank), { maxLength: 4 }))
  .map(([first, words]) =>
    [
      first,
      ...words.map(([before, [name = '', value = ''], between]) => before + name + between + value),
    ].join(''),
  );
/** One character of it is another. */
const damaged = fc
  .tuple(line, fc.nat(), fc.string({ unit: 'binary', maxLength: 2 }))
  .map(([text, at, piece]) => {
    const cut = at % (text.length + 1);
    return text.slice(0, cut) + piece + text.slice(cut + 1);
  });
const anyLine = fc
  .oneof(line, line, damaged, fc.string({ unit: 'binary' }))
  .filter((text) => !/\p{Cs}/u.test(text))
  .map((text) => text.replaceAll('\n', ' ').trim())
  .filter((text) => text !== '');

describe('EntryReader', () => {
  it('reads from bytes what is read from text, whatever the line', () => {
    let good = 0;
    fc.assert(
      fc.property(anyLine, (text) => {
        const wanted = expected(text);
        if (typeof wanted === 'object' && wanted !== null && !('ok' in wanted)) good++;
        expect(read(text)).toEqual(wanted);
      }),
      { numRuns: 20_000 },
    );
    // Proves that chance reaches both sides.
    expect(good).toBeGreaterThan(3_000);
    expect(good).toBeLessThan(17_000);
  });

  it('reads one line after another that differ little', () => {
    const end = fc.constantFrom(
      ...[
        ' until 1795420001',
        ' until 1795420002',
        ' until never',
        '  until\t5',
        ' until',
        ' until 5x',
      ],
      ...[' timeout 5', ' unti 5', 'until 5', '', ' until "5"', ' until 5 until 6'],
    );
    const rest = fc.constantFrom(
      ...[' origin web1', ' origin web1 reason "a"', ' origin web2 reason "a"', '', ' until 7'],
      ...[' timeout 5', ' at 1795416400000 origin web1', '"', ' origin web1 ', 'x origin web1'],
    );
    const lines = fc.array(fc.tuple(fc.ipV4(), end, rest), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(lines, (several) => {
        const texts = several.map((parts) => parts.join('').trim());
        expect(texts.map(read)).toEqual(texts.map(expected));
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps one text for origins and reasons that come again', () => {
    const bytes = Buffer.from('192.0.2.7 origin web1 reason "sshd"');
    for (const round of [1, 2]) {
      expect(reader.readLine(bytes, 0, bytes.length)).toBeUndefined();
      expect([round, reader.origin, reader.reason]).toEqual([round, 'web1', 'sshd']);
    }
    const others = Buffer.from('192.0.2.7 origin web2 reason "smtp"');
    expect(reader.readLine(others, 0, others.length)).toBeUndefined();
    expect([reader.origin, reader.reason]).toEqual(['web2', 'smtp']);
    expect(reader.readLine(bytes, 0, 9)).toBeUndefined();
    expect([reader.origin, reader.reason]).toEqual(['', '']);
  });

  it('says how much of a line is the address as Vallum writes it', () => {
    const canonical = (text: string) => {
      const bytes = Buffer.from(text);
      expect(reader.readLine(bytes, 0, bytes.length)).toBeUndefined();
      return text.slice(0, reader.canonicalLength);
    };
    expect(canonical('192.0.2.7')).toBe('192.0.2.7');
    expect(canonical('192.0.2.0/24 until never')).toBe('192.0.2.0/24');
    expect(canonical('192.0.2.7/24')).toBe('');
    expect(canonical('192.0.2.7/32')).toBe('');
    expect(canonical('::ffff:192.0.2.7')).toBe('');
    expect(canonical('192.0.2.7 reason "é"')).toBe('');
  });

  it('gives what it has read as an object too', () => {
    fc.assert(
      fc.property(line, (text) => {
        const entry = parseEntryLine(text.trim());
        fc.pre(entry.ok);
        read(text.trim());
        expect(reader.toEntry()).toEqual(entry.value);
      }),
    );
  });
});
