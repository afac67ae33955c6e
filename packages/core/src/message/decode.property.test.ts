import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { decode } from './decode.js';
import { parseBinding } from './topic.js';

const parsed = parseBinding('blacklist');
const bindings = parsed.ok ? [parsed.value] : [];
const NOW = 1_795_000_000;

const anyTopic = fc.oneof(
  fc.constantFrom('blacklist', 'blacklist/add', 'blacklist/del', 'blacklist/lease/web1/192.0.2.7'),
  fc.string({ unit: 'binary' }).map((rest) => `blacklist${rest}`),
);

/** Pieces that attacks and grammars are made of, so that chance finds the corners. */
const fragment = fc.oneof(
  fc.constantFrom(
    ...['192.0.2.7', '2001:db8::7', '10.0.0.0/8', ' ', '\t', '\r', '"', '\\', '\\"', '{', '}', '['],
    ...[']', ':', ',', '"address"', '"until"', '"reason"', 'timeout', 'until', 'origin', 'reason'],
    ...['at', 'x-list', '1795000000000'],
    ...['never', '-1', '60', '1.2.3.4; flush', '-exist', '$(id)', '\u001b[2J', '\0', '\u202e'],
    ...['\u200b', '\u2028', '\u009b', '\ud800', '١', '１', 'é', '🎉'],
  ),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
const anyLine = fc
  .array(fragment, { maxLength: 8 })
  .map((pieces) => pieces.join('').replaceAll('\n', ' '));

const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]*$/u;

function expectPrintable(decoded: ReturnType<typeof decode>): void {
  for (const { place, input, detail } of decoded.rejections) {
    expect(place).toMatch(/^(?:topic|payload|line \d+|entry \d+)$/);
    expect(input).toMatch(PRINTABLE);
    expect(input.length).toBeLessThanOrEqual(80);
    expect(detail).toMatch(PRINTABLE);
    expect(detail).not.toBe('');
  }
  for (const { command } of decoded.commands) {
    expect(command.address.text).toMatch(/^[0-9a-f:./]+$/);
    if (command.action === 'ban') expect(command.reason ?? '').toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u);
  }
}

describe('decode, whatever comes', () => {
  it('never throws and never repeats an unprintable character', () => {
    fc.assert(
      fc.property(anyTopic, fc.uint8Array({ maxLength: 200 }), (topic, payload) => {
        const decoded = decode({ topic, payload }, bindings, NOW);
        expect(decoded.commands.length + decoded.rejections.length).toBeGreaterThan(0);
        expectPrintable(decoded);
      }),
      { numRuns: 500 },
    );
  });

  it('makes exactly one command or rejection of every line that is not blank', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { minLength: 1, maxLength: 6 }), (lines) => {
        const text = lines.join('\n');
        fc.pre(!/^[ \t\r\n]*[[{]/.test(text));
        const decoded = decode({ topic: 'blacklist', payload: Buffer.from(text) }, bindings, NOW);
        expectPrintable(decoded);
        const numbers = lines.flatMap((line, index) =>
          /^[ \t\r]*$/.test(line) ? [] : [`line ${String(index + 1)}`],
        );
        const places = [...decoded.commands, ...decoded.rejections].map(({ place }) => place);
        if (numbers.length > 1) expect(places.sort()).toEqual(numbers.sort());
        else expect(places).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });

  it('makes exactly one command or rejection of every JSON entry', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 2, maxLength: 5 }), (entries) => {
        const payload = Buffer.from(JSON.stringify(entries));
        const decoded = decode({ topic: 'blacklist', payload }, bindings, NOW);
        expectPrintable(decoded);
        expect(decoded.commands.length + decoded.rejections.length).toBe(entries.length);
      }),
      { numRuns: 200 },
    );
  });
});
