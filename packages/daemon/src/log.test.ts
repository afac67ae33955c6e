import { describe, it, expect } from '@jest/globals';
import { createLog, type LogEntry, type LogStyle } from './log.js';

const NOW_MS = Date.UTC(2026, 10, 23, 14, 0, 0, 250);

function lines(style: LogStyle, entry: LogEntry, journal = false): string {
  let written = '';
  const sink = { write: (text: string) => (written += text), journal };
  createLog(style, sink, () => NOW_MS).write(entry);
  return written;
}

const banned: LogEntry = {
  level: 'info',
  event: 'banned',
  message: 'banned 192.0.2.7',
  fields: { address: '192.0.2.7', origin: undefined },
};
const hostile = 'a\nb\u001b[31m\u0085\u2028\u202e\ufeff\u{e0041}é';

describe('the log as text', () => {
  const style = { format: 'text', level: 'info' } as const;

  it('has the time and, beyond the usual, the level', () => {
    expect(lines(style, banned)).toBe('2026-11-23 14:00:00 UTC banned 192.0.2.7\n');
    expect(lines(style, { ...banned, level: 'warning' })).toBe(
      '2026-11-23 14:00:00 UTC warning: banned 192.0.2.7\n',
    );
  });

  it('gives the journal the priority in place of the time', () => {
    expect(lines(style, banned, true)).toBe('<6>banned 192.0.2.7\n');
    expect(lines(style, { ...banned, level: 'error' }, true)).toBe('<3>error: banned 192.0.2.7\n');
  });

  it('stays one line that no terminal acts upon, whatever it is given', () => {
    expect(lines(style, { ...banned, message: hostile }, true)).toBe(
      '<6>a\\u000ab\\u001b[31m\\u0085\\u2028\\u202e\\ufeff\\udb40\\udc41é\n',
    );
  });
});

describe('the log as JSON', () => {
  const style = { format: 'json', level: 'info' } as const;

  it('is one object a line, with what was given', () => {
    expect(JSON.parse(lines(style, banned))).toEqual({
      time: '2026-11-23T14:00:00.250Z',
      level: 'info',
      event: 'banned',
      message: 'banned 192.0.2.7',
      address: '192.0.2.7',
    });
  });

  it('keeps hostile text whole, and escaped', () => {
    const line = lines(style, { ...banned, fields: { reason: hostile } });
    expect(line).toMatch(/^[\x20-\x7eé]+\n$/);
    expect(JSON.parse(line)).toMatchObject({ reason: hostile });
  });

  it('lets no field stand in for time, level or message', () => {
    const line = lines(style, { ...banned, fields: { message: 'x', level: 'x', time: 'x' } });
    expect(JSON.parse(line)).toMatchObject({ message: 'banned 192.0.2.7', level: 'info' });
  });
});

describe('the level of the log', () => {
  it('leaves out what is less than wanted, until it is changed', () => {
    let written = '';
    const sink = { write: (text: string) => (written += text), journal: true };
    const log = createLog({ format: 'text', level: 'warning' }, sink);
    log.write(banned);
    expect(written).toBe('');
    log.restyle({ format: 'text', level: 'debug' });
    log.write({ ...banned, level: 'debug' });
    expect(written).toBe('<7>debug: banned 192.0.2.7\n');
  });
});
