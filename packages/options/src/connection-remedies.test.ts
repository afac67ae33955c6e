import { describe, expect, it } from '@jest/globals';
import { connectionOptions } from './connection-options.js';
import { withRemedy } from './connection-remedies.js';

describe('withRemedy', () => {
  it('says what to type where that is known', () => {
    expect(withRemedy('not trusted', 'certificate-untrusted')).toBe(
      "not trusted; --ca-file (-c) names the file of the authorities to trust, without it the system's count",
    );
    expect(withRemedy('no answer', 'no-answer-without-tls')).toMatch(/--tls \(-T\)/);
    expect(withRemedy('is it TLS?', 'no-tls')).toMatch(
      /^is it TLS\? \(without TLS leave .+ out\)$/,
    );
  });

  it('adds nothing to what needs no option, or has no code', () => {
    expect(withRemedy('gone', 'connection-lost')).toBe('gone');
    expect(withRemedy('gone', undefined)).toBe('gone');
  });

  it('names options that exist, with their letters', () => {
    const codes = [
      ...([
        'certificate-untrusted',
        'client-certificate-refused',
        'no-answer-without-tls',
      ] as const),
      ...(['no-tls', 'credentials-refused', 'password-missing'] as const),
      ...(['client-id-taken', 'client-id-refused'] as const),
      'credentials-unreadable' as const,
    ];
    const known: ReadonlyMap<string, string | undefined> = new Map(
      connectionOptions.map((option) => [
        option.name,
        'short' in option ? option.short : undefined,
      ]),
    );
    for (const code of codes) {
      const said = [...withRemedy('', code).matchAll(/--([a-z-]+)(?: \(-(\w)\)|, -(\w))?/g)];
      expect(said.length).toBeGreaterThan(0);
      for (const [, name = '', one, other] of said) {
        expect([...known.keys()]).toContain(name);
        const letter = one ?? other;
        if (letter !== undefined) expect(known.get(name)).toBe(letter);
      }
    }
  });
});
