import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { addressFromBytes } from '../address/from-bytes.js';
import { parseAddress } from '../address/parse.js';
import type { Command } from './command.js';
import { decode } from './decode.js';
import { encodeEntries, encodeEntry } from './encode.js';
import { checkReason } from './entry.js';
import { parseOrigin } from '../words/names.js';
import { parseBinding, topicFor } from './topic.js';

const NOW = 1_795_000_000;

function valueOf<Value>(result: { ok: true; value: Value } | { ok: false; detail: string }): Value {
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

const binding = valueOf(parseBinding('site/blacklist=blacklist'));
const set = binding.set;
const address = valueOf(parseAddress('192.0.2.7'));

const anyAddress = fc.oneof(
  fc
    .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 32 }))
    .map(([bytes, prefix]) => addressFromBytes('ipv4', bytes, prefix)),
  fc
    .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.integer({ min: 0, max: 128 }))
    .map(([bytes, prefix]) => addressFromBytes('ipv6', bytes, prefix))
    // What names an IPv4 host is read as that.
    .filter(({ text }) => !text.startsWith('::ffff:')),
);
const anyOrigin = fc
  .stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,20}$/)
  .map((text) => valueOf(parseOrigin(text)));
const anyReason = fc
  .oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.stringMatching(/^[ "\\a]{1,20}$/))
  .filter((text) => checkReason(text).ok);
const anyStamp = fc
  .integer({ min: 8_000 * (NOW - 86_400), max: 8_000 * NOW })
  // An eighth has three digits behind the point.
  .map((eighths) => eighths / 8);
const anyBan: fc.Arbitrary<Command> = fc.record(
  {
    action: fc.constant('ban' as const),
    set: fc.constant(set),
    address: anyAddress,
    until: fc.oneof(
      fc.constantFrom('never' as const, 'default' as const),
      fc.integer({ min: NOW + 1, max: 253_402_300_799 }),
    ),
    origin: anyOrigin,
    stamp: anyStamp,
    reason: anyReason,
  },
  { requiredKeys: ['action', 'set', 'address', 'until'] },
);
const anyUnban: fc.Arbitrary<Command> = fc.record(
  {
    action: fc.constant('unban' as const),
    set: fc.constant(set),
    address: anyAddress,
    origin: anyOrigin,
    stamp: anyStamp,
  },
  { requiredKeys: ['action', 'set', 'address'] },
);

describe('encodeEntry', () => {
  it('writes a bare ban as the bare address, which the ancestor understands', () => {
    expect(encodeEntry({ action: 'ban', set, address, until: 'default' })).toBe('192.0.2.7');
    expect(encodeEntry({ action: 'unban', set, address })).toBe('192.0.2.7');
  });

  it('writes what goes with a ban', () => {
    const origin = valueOf(parseOrigin('web1'));
    expect(
      encodeEntry({ action: 'ban', set, address, until: 1795420000, origin, reason: 'a "b" \\c' }),
    ).toBe('192.0.2.7 until 1795420000 origin web1 reason "a \\"b\\" \\\\c"');
    expect(encodeEntry({ action: 'ban', set, address, until: 'never' })).toBe(
      '192.0.2.7 until never',
    );
    expect(encodeEntry({ action: 'unban', set, address, origin })).toBe('192.0.2.7 origin web1');
  });
});

describe('encodeEntry of a stamp', () => {
  const stamp = 1_795_416_400_000;

  it('writes it wherever it writes more than the address', () => {
    const origin = valueOf(parseOrigin('web1'));
    expect(
      encodeEntry({ action: 'ban', set, address, until: 'never', origin, stamp, reason: 'sshd' }),
    ).toBe('192.0.2.7 until never origin web1 at 1795416400000 reason "sshd"');
    expect(
      encodeEntry({ action: 'ban', set, address, until: 'never', stamp: stamp + 0.25 + 0.0002 }),
    ).toBe('192.0.2.7 until never at 1795416400000.25');
    expect(encodeEntry({ action: 'unban', set, address, origin, stamp })).toBe(
      '192.0.2.7 origin web1 at 1795416400000',
    );
  });

  it('leaves it out of a bare address, which the ancestor understands too', () => {
    expect(encodeEntry({ action: 'ban', set, address, until: 'default', stamp })).toBe('192.0.2.7');
    expect(encodeEntry({ action: 'unban', set, address, stamp })).toBe('192.0.2.7');
  });
});

describe('encodeEntries', () => {
  const bare: Command = { action: 'ban', set, address, until: 'default' };

  it('writes one entry a line', () => {
    expect(encodeEntries([bare, bare])).toEqual(['192.0.2.7\n192.0.2.7']);
    expect(encodeEntries([])).toEqual([]);
  });

  it('begins a new payload where the next entry would not fit', () => {
    expect(encodeEntries([bare, bare, bare], { maxBytes: 19 })).toEqual([
      '192.0.2.7\n192.0.2.7',
      '192.0.2.7',
    ]);
    expect(encodeEntries([bare, bare], { maxBytes: 18 })).toEqual(['192.0.2.7', '192.0.2.7']);
    expect(encodeEntries([bare, bare, bare], { maxEntries: 2 })).toHaveLength(2);
    expect(encodeEntries([bare], { maxBytes: 1 })).toEqual(['192.0.2.7']);
  });

  it('stays below 48 KiB by itself', () => {
    const payloads = encodeEntries(Array.from({ length: 10_000 }, () => bare));
    expect(payloads).toHaveLength(3);
    expect(Math.max(...payloads.map((payload) => Buffer.byteLength(payload)))).toBeLessThanOrEqual(
      49_152,
    );
  });
});

/** A bare address goes without its stamp. */
function withoutIdleStamp(command: Command): Command {
  const { stamp, ...rest } = command;
  return encodeEntry(command) === command.address.text
    ? rest
    : { ...rest, ...(stamp && { stamp }) };
}

describe('decode and encode', () => {
  it.each([
    ['bans', 'ban', anyBan],
    ['unbans', 'unban', anyUnban],
  ] as const)('are inverses for %s', (_name, action, anyCommand) => {
    fc.assert(
      fc.property(fc.array(anyCommand, { minLength: 1, maxLength: 5 }), (commands) => {
        const topic = topicFor(binding.topic, action);
        const decoded = encodeEntries(commands, { maxBytes: 300 }).map((payload) =>
          decode({ topic, payload: Buffer.from(payload) }, [binding], NOW),
        );
        expect(decoded.flatMap(({ rejections }) => rejections)).toEqual([]);
        expect(decoded.flatMap((part) => part.commands.map(({ command }) => command))).toEqual(
          commands.map(withoutIdleStamp),
        );
      }),
      { numRuns: 300 },
    );
  });
});
