import { describe, expect, it } from '@jest/globals';
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
    expect(read('\ufeff192.0.2.1\n\ufeff192.0.2.2')).toEqual([
      '1 192.0.2.1',
      'line 2: bad-address \\u{feff}192.0.2.2',
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
