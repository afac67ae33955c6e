import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { wordsPerAddress } from '../../address/address-columns.js';
import { eachAttribute, MessageWriter, readMessages } from '../../netlink/index.js';
import type { SetName } from '../../words/names.js';
import { testAddress } from '../../testing/contract-case.js';
import { MemberBatches } from '../member-batches.js';
import { secondsLeft } from '../nftables/seconds-left.js';
import { GOLDEN } from './golden.fixture.js';
import { joinBoundaries, readBoundaries, readSingles, type Boundary } from './read-answers.js';
import { after, bytesOf, intervalOf, prefixesOf } from '../../address/position.js';
import type { TableAddress } from '../nftables/table-address.js';
import { writeChain, writeDropRule, writeJumpRule, writeSet } from './write-create.js';
import { endElements, startElements, writeElement, writeInterval } from './write-elements.js';

const table: TableAddress = { family: 'inet', table: 'filter' };
const NESTED = 0x8000;
/** 192.0.2.7 */
const SEVEN = Uint32Array.of(0xc0000207);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Attributes as lines with their path, such as `3.1.4=0000000000000927c0`. */
function lines(bytes: Uint8Array, path = ''): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: string[] = [];
  let start = 0;
  eachAttribute(bytes, (type, data) => {
    const nested = (view.getUint16(start + 2, true) & NESTED) !== 0;
    start += (view.getUint16(start, true) + 3) & ~3;
    const here = `${path}${type}`;
    found.push(...(nested ? lines(data, `${here}.`) : [`${here}=${hex(data)}`]));
  });
  return found;
}

/** What a message says, but for the order of attributes and what `leaveOut` names. */
function meaning(bytes: Uint8Array, leaveOut: RegExp): unknown {
  const [message] = readMessages(bytes);
  const { type, flags, payload } = message!;
  const attributes = lines(payload.subarray(4))
    .filter((line) => !leaveOut.test(line))
    // libnftnl counts the elements of a list where the header has NFTA_LIST_ELEM; the kernel skips it.
    .map((line) => line.replace(/^3\.\d+\./, '3.1.'));
  return { type, flags, family: payload[0], attributes: attributes.sort() };
}

function written(write: (writer: MessageWriter) => void): Uint8Array {
  const writer = new MessageWriter(8192);
  write(writer);
  return writer.bytes();
}

/** NFTA_SET_ELEM_LIST_SET_ID: nft names a set twice. */
const LIST_SET_ID = /^4=/;
const LOOKUP_SET_ID = /^4\.1\.2\.4=00000001$/;
/** NFTA_SET_USERDATA: how nft likes to see numbers printed. */
const SET_NOTES = /^13=/;

describe('messages to nf_tables', () => {
  const second = 60_000;
  const elements = (
    set: string,
    write: (writer: MessageWriter) => void,
    op: 'add' | 'del' = 'add',
  ) =>
    written((writer) => {
      const list = startElements(writer, table, op, set, 0);
      write(writer);
      endElements(writer, list);
    });
  const eight = intervalOf(testAddress('10.0.0.0/8'));
  const top = intervalOf(testAddress('255.0.0.0/8'));
  const spec = {
    set: 'x6' as SetName,
    type: 'hash:net',
    family: 'ipv6',
    defaultTimeoutSeconds: 90,
    maxEntries: 1000,
  } as const;

  const messages: [keyof typeof GOLDEN, Uint8Array, RegExp][] = [
    [
      'addSingle',
      elements('s', (w) => {
        writeElement(w, SEVEN, 0, 1, 600_000);
      }),
      LIST_SET_ID,
    ],
    [
      'delSingle',
      elements(
        's',
        (w) => {
          writeElement(w, SEVEN, 0, 1, undefined);
        },
        'del',
      ),
      LIST_SET_ID,
    ],
    [
      'addInterval',
      elements('n', (w) => {
        writeInterval(w, 'ipv4', { ...eight, endsAtMs: 1, comment: 'vallum /8' }, second);
      }),
      LIST_SET_ID,
    ],
    [
      'addLastInterval',
      elements('n', (w) => {
        writeInterval(w, 'ipv4', { ...top, endsAtMs: 1 }, undefined);
      }),
      LIST_SET_ID,
    ],
    [
      'chain',
      written((w) => {
        writeChain(w, table, 0, 'vallum-forward', 'forward');
      }),
      LIST_SET_ID,
    ],
    [
      'allowChain',
      written((w) => {
        writeChain(w, table, 0, 'vallum-allow', undefined);
      }),
      LIST_SET_ID,
    ],
    [
      'jump',
      written((w) => {
        writeJumpRule(w, table, 0, 'vallum-input', 'vallum-allow');
      }),
      LOOKUP_SET_ID,
    ],
    [
      'rule',
      written((w) => {
        writeDropRule(w, table, 0, 'vallum-input', 's', 'ipv4');
      }),
      LOOKUP_SET_ID,
    ],
    [
      'set',
      written((w) => {
        writeSet(
          w,
          table,
          0,
          { spec, chain: undefined },
          { name: 'x6', interval: true, exclusive: false },
          1,
        );
      }),
      SET_NOTES,
    ],
  ];

  it.each(messages)('say what nft says: %s', (name, bytes, leaveOut) => {
    expect(meaning(bytes, leaveOut)).toEqual(meaning(Buffer.from(GOLDEN[name], 'hex'), leaveOut));
  });

  it('give single addresses back as they were written', () => {
    const family = fc.constantFrom('ipv4' as const, 'ipv6' as const);
    const timeoutMs = fc.constantFrom(undefined, 0, 1, 90_000, 2_147_483_000, 3_153_600_000_000);
    const word = fc.nat({ max: 0xffff_ffff });
    const element = fc.tuple(fc.tuple(word, word, word, word), timeoutMs);
    fc.assert(
      fc.property(family, fc.array(element, { maxLength: 50 }), (of, list) => {
        const perAddress = wordsPerAddress(of);
        const bytes = elements('s', (w) => {
          for (const [words, timeout] of list) {
            writeElement(w, Uint32Array.from([7, ...words]), 1, perAddress, timeout);
          }
        });
        const batches = new MemberBatches();
        readSingles(readMessages(bytes)[0]!, of, batches);
        const read = batches.all.flatMap((rows) =>
          Array.from({ length: rows.length }, (_, row) => [
            [...rows.words.subarray(perAddress * row, perAddress * (row + 1))],
            rows.timeoutSeconds[row],
          ]),
        );
        expect(read).toEqual(
          list.map(([words, timeout]) => [
            words.slice(0, perAddress),
            timeout ? secondsLeft(timeout) : 0,
          ]),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('give an interval back as it was written, also the last one, and its prefixes make it up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('ipv4' as const, 'ipv6' as const),
        fc.bigInt({ min: 0n, max: 0xffff_ffffn }),
        fc.bigInt({ min: 0n, max: 1000n }),
        fc.option(fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme-ascii' })),
        async (family, from, length, text) => {
          const high = family === 'ipv4' ? 0n : ((1n << 96n) - 1n) << 32n;
          const last = high + (from + length > 0xffff_ffffn ? 0xffff_ffffn : from + length);
          const interval =
            family === 'ipv4'
              ? { first: Number(from), last: Number(last) }
              : { first: high + from, last };
          const comment = text === null ? {} : { comment: text };
          const bytes = elements('n', (w) => {
            writeInterval(w, family, { ...interval, endsAtMs: 1, ...comment }, 5000);
          });
          const boundaries: Boundary[] = [];
          readBoundaries(readMessages(bytes)[0]!, (boundary) => boundaries.push(boundary));
          expect(await joinBoundaries(boundaries, family)).toEqual([
            { ...interval, leftMs: 5000, ...comment },
          ]);
          const parts = prefixesOf(interval, family);
          expect(parts[0]?.first).toBe(interval.first);
          expect(parts.at(-1)?.last).toBe(interval.last);
          parts.slice(1).forEach((part, index) => {
            expect(part.first).toBe(after(parts[index]!.last));
          });
          expect(hex(bytesOf(interval.first, family))).toHaveLength(family === 'ipv4' ? 8 : 32);
        },
      ),
      { numRuns: 100 },
    );
  });
});
