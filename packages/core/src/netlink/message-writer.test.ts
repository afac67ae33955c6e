import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eachAttribute } from './attribute.js';
import { NLA_TYPE_MASK } from './linux-netlink.js';
import { MessageWriter } from './message-writer.js';
import { readMessages } from './message.js';

interface Leaf {
  readonly type: number;
  readonly data: Uint8Array;
}
interface Nest {
  readonly type: number;
  readonly nested: readonly Tree[];
}
type Tree = Leaf | Nest;

const type = fc.integer({ min: 0, max: NLA_TYPE_MASK });
const leaf = fc.record({ type, data: fc.uint8Array({ maxLength: 40 }) });
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.record({ type, nested: fc.array(tie('tree'), { maxLength: 4 }) }),
  ),
}));

function write(writer: MessageWriter, attribute: Tree): void {
  if ('data' in attribute) {
    writer.data(attribute.type, attribute.data);
    return;
  }
  const nest = writer.openNest(attribute.type);
  for (const inner of attribute.nested) write(writer, inner);
  writer.closeNest(nest);
}

function read(bytes: Uint8Array, shape: readonly Tree[]): Tree[] {
  const found: Tree[] = [];
  eachAttribute(bytes, (readType, data) => {
    const expected = shape[found.length];
    found.push(
      expected !== undefined && 'nested' in expected
        ? { type: readType, nested: read(data, expected.nested) }
        : { type: readType, data: new Uint8Array(data) },
    );
  });
  return found;
}

describe('MessageWriter', () => {
  it('writes what the readers read back, whatever is nested in what', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ header: type, sequence: fc.nat(), body: fc.array(tree, { maxLength: 5 }) }),
          {
            maxLength: 4,
          },
        ),
        (messages) => {
          const writer = new MessageWriter(65536);
          for (const { header, sequence, body } of messages) {
            writer.start({ type: header, flags: 5, sequence });
            for (const attribute of body) write(writer, attribute);
            writer.end();
          }
          const decoded = readMessages(writer.bytes());
          expect(decoded.map((message) => message.type)).toEqual(
            messages.map(({ header }) => header),
          );
          expect(decoded.map(({ sequence }) => sequence)).toEqual(
            messages.map(({ sequence }) => sequence),
          );
          decoded.forEach(({ payload }, index) => {
            const body = messages[index]?.body ?? [];
            expect(read(payload, body)).toEqual(body);
          });
        },
      ),
    );
  });

  it('pads with zeros, also where the buffer held something before', () => {
    const writer = new MessageWriter(64);
    writer.start({ type: 1, flags: 0, sequence: 1 });
    writer.data(1, new Uint8Array(40).fill(0xff));
    writer.reset();
    writer.start({ type: 1, flags: 0, sequence: 1 });
    writer.u8(3, 0x18);
    writer.end();
    expect(Buffer.from(writer.bytes().subarray(16)).toString('hex')).toBe('0500030018000000');
  });

  it('writes numbers in the byte order that their name says', () => {
    const writer = new MessageWriter(64);
    writer.be32(6, 600);
    writer.rawBe32(6, 600);
    writer.rawBe64(6, 600n);
    expect(Buffer.from(writer.bytes()).toString('hex')).toBe(
      '08000640000002580800060000000258' + '0c0006000000000000000258',
    );
  });

  it('refuses what does not fit into the buffer, and an attribute longer than its length can say', () => {
    const small = new MessageWriter(20);
    expect(() => {
      small.data(1, new Uint8Array(17));
    }).toThrow(RangeError);
    const large = new MessageWriter(100_000);
    const nest = large.openNest(1);
    large.data(2, new Uint8Array(40_000));
    large.data(2, new Uint8Array(30_000));
    expect(() => {
      large.closeNest(nest);
    }).toThrow(RangeError);
  });
});
