import { describe, expect, it } from '@jest/globals';
import { announce } from './announce.js';
import { HoldBack } from './hold-back.js';
import type { LogEntry } from './log.js';

function listen() {
  const entries: LogEntry[] = [];
  const write = (entry: LogEntry) => entries.push(entry);
  const holdBack = new HoldBack({ write, nowMs: () => 0, windowMs: 60_000 });
  return { entries, listeners: announce({ write, holdBack, creating: () => false }) };
}

describe('announce', () => {
  it('adds to a failed connection what to type, and keeps the code for programs', () => {
    const { entries, listeners } = listen();
    listeners.connection?.({
      ...{ state: 'refused', detail: 'the certificate is not trusted', retryInMs: 4_500 },
      code: 'certificate-untrusted',
    });
    expect(entries).toMatchObject([
      {
        level: 'error',
        message:
          "the broker refused: the certificate is not trusted; give the CA's certificate file " +
          "(--ca-file, -c), or add it to the system's authorities; next attempt in 5 s",
        fields: { detail: 'the certificate is not trusted', code: 'certificate-untrusted' },
      },
    ]);
  });
});
