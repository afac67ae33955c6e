import { describe, expect, it } from '@jest/globals';
import { VallumError } from '@vallum/core';
import { createSyslogSink } from './syslog.js';

function sink(send?: () => never, journal = false) {
  const sent: string[] = [];
  const rest: string[] = [];
  const { write } = createSyslogSink({
    sender: { send: send ?? ((text) => sent.push(text)) },
    otherwise: { journal, write: (text) => rest.push(text) },
    pid: 12,
    now: () => new Date(2026, 10, 3, 4, 5, 6),
  });
  return { write, sent, rest };
}

describe('syslog', () => {
  it('gets the priority of the line in facility daemon', () => {
    const { write, sent } = sink();
    write('<4>warning: no broker\n');
    write('without\n');
    expect(sent).toEqual([
      '<28>Nov  3 04:05:06 vallumd[12]: warning: no broker',
      '<30>Nov  3 04:05:06 vallumd[12]: without',
    ]);
  });

  it.each([
    [false, 'a line\n'],
    [true, '<6>a line\n'],
  ])('that takes nothing loses nothing (journal %s)', (journal, expected) => {
    const { write, rest } = sink(() => {
      throw new VallumError('away', { code: 'BACKEND_UNAVAILABLE', operation: 'sendto' });
    }, journal);
    write('<6>a line\n');
    expect(rest).toEqual([expected]);
  });
});
