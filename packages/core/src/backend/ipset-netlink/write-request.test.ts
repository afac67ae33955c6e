import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressFromBytes } from '../../address/from-bytes.js';
import type { SetName } from '../../words/names.js';
import {
  eachAttribute,
  MessageWriter,
  NFGENMSG_LENGTH,
  readMessages,
} from '../../netlink/index.js';
import { add, del, testAddress } from '../../testing/contract-case.js';
import { addressWidth, type Family } from '../../address/address.js';
import { MAX_TIMEOUT_SECONDS, type Change, type ChangeColumns } from '../backend.js';
import { changeColumns } from '../change-columns.js';
import { memberAt } from '../list-members.js';
import { MemberBatches } from '../member-batches.js';
import { GOLDEN } from './golden.fixture.js';
import { IPSET_ATTR_ADT } from './linux-ip-set.js';
import { readMembers } from './read-members.js';
import { endEntries, roomFor, startEntries, writeEntry } from './write-entries.js';
import {
  writeCreate,
  writeHeader,
  writeList,
  writeProtocol,
  writeTest,
  writeType,
  type Question,
} from './write-request.js';

const envelope = { sequence: 0, protocol: 7 };
const writer = new MessageWriter(65536);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const set = (name: string): SetName => name as SetName;

function columnsOf(changes: readonly Change[]): ChangeColumns {
  const [first] = changes;
  if (first === undefined) throw new Error('a message has at least one entry');
  return changeColumns(first.set, first.address.family, changes);
}

function entries(changes: readonly Change[]): Uint8Array {
  const [first] = changes;
  if (first === undefined) throw new Error('a message has at least one entry');
  const columns = columnsOf(changes);
  const nest = startEntries(writer, envelope, columns.ops[0], first.set);
  changes.forEach((_, index) => {
    writeEntry(writer, columns, index, true);
  });
  return endEntries(writer, nest);
}

describe('requests, byte for byte as the ipset program sends them', () => {
  it('asks for the protocol, a type and a header', () => {
    expect(hex(writeProtocol(writer, envelope))).toBe(GOLDEN.protocol);
    expect(hex(writeType(writer, envelope, { type: 'hash:ip', family: 'ipv4' }))).toBe(GOLDEN.type);
    expect(hex(writeHeader(writer, envelope, set('h4')))).toBe(GOLDEN.header);
  });

  it('lists', () => {
    expect(hex(writeList(writer, envelope, set('h4'), 'header'))).toBe(GOLDEN.listHeader);
    expect(hex(writeList(writer, envelope, set('h4'), 'members'))).toBe(GOLDEN.listMembers);
  });

  it('creates', () => {
    const timed = { defaultTimeoutSeconds: 600, maxEntries: 1000 };
    const hashIp = { set: set('c1'), type: 'hash:ip', family: 'ipv4', ...timed } as const;
    expect(hex(writeCreate(writer, envelope, hashIp, 6, undefined))).toBe(GOLDEN.createHashIp);
    const hashNet = { set: set('c2'), type: 'hash:net', family: 'ipv6' } as const;
    expect(hex(writeCreate(writer, envelope, hashNet, 7, undefined))).toBe(GOLDEN.createHashNet6);
    const bitmap = { set: set('c3'), type: 'bitmap:ip', family: 'ipv4' } as const;
    const ends = { first: testAddress('192.0.2.1'), last: testAddress('192.0.2.9') };
    const request = writeCreate(writer, envelope, { ...bitmap, defaultTimeoutSeconds: 0 }, 3, ends);
    expect(hex(request)).toBe(GOLDEN.createBitmap);
  });

  it('creates a set with comments, and adds one', () => {
    const spec = { set: set('cc'), type: 'hash:net', family: 'ipv4', comments: true } as const;
    expect(hex(writeCreate(writer, envelope, spec, 7, undefined))).toBe(GOLDEN.createCommented);
    const change = { ...add(set('hc'), '192.0.2.7'), comment: 'web1: sshd ü' };
    expect(hex(entries([change]))).toBe(GOLDEN.addCommented);
  });

  it('tests', () => {
    const n4 = set('n4');
    const asked = (text: string, question: Question): string =>
      hex(writeTest(writer, envelope, n4, testAddress(text), question));
    expect(asked('192.0.2.7', 'is-member')).toBe(GOLDEN.testAddress);
    expect(asked('192.0.2.0/24', 'is-member')).toBe(GOLDEN.testPrefix);
    expect(asked('192.0.2.7', 'is-exception')).toBe(GOLDEN.testException);
  });

  it('adds and deletes many entries in one message', () => {
    const h4 = set('h4');
    const n4 = set('n4');
    const n6 = set('n6');
    expect(hex(entries([add(h4, '192.0.2.7', 60), add(h4, '192.0.2.8')]))).toBe(GOLDEN.addIpv4);
    expect(hex(entries([add(n4, '192.0.2.0/24'), add(n4, '198.51.100.7')]))).toBe(
      GOLDEN.addIpv4Prefix,
    );
    expect(hex(entries([add(n6, '2001:db8::/32'), add(n6, '2001:db8:1::/48')]))).toBe(
      GOLDEN.addIpv6Prefix,
    );
    expect(hex(entries([del(h4, '192.0.2.7'), del(h4, '192.0.2.8')]))).toBe(GOLDEN.delIpv4);
  });
});

describe('entries', () => {
  const changesOf = (family: Family) => {
    const width = addressWidth(family);
    const bytes = fc.uint8Array({ minLength: width / 8, maxLength: width / 8 });
    const change = fc.record(
      {
        op: fc.constant('add' as const),
        set: fc.constant(set('s')),
        address: fc
          .tuple(bytes, fc.integer({ min: 0, max: width }))
          .map(([address, length]) => addressFromBytes(family, address, length)),
        timeoutSeconds: fc.integer({ min: 0, max: MAX_TIMEOUT_SECONDS }),
        // What is stored as it is given; `storable-comment.test.ts` has the rest.
        comment: fc.stringMatching(/^[!#-[\]-~]([ !#-[\]-~]{0,40}[!#-[\]-~])?$/),
      },
      { requiredKeys: ['op', 'set', 'address'] },
    );
    return fc.array(change, { minLength: 1, maxLength: 50 });
  };

  it('read back as they were written', () => {
    fc.assert(
      fc.property(fc.oneof(changesOf('ipv4'), changesOf('ipv6')), (changes) => {
        const [message] = readMessages(entries(changes));
        const batches = new MemberBatches();
        eachAttribute(
          message?.payload.subarray(NFGENMSG_LENGTH) ?? new Uint8Array(),
          (type, data) => {
            if (type === IPSET_ATTR_ADT) readMembers(data, batches);
          },
        );
        const found = batches.all.flatMap((rows) =>
          [...Array(rows.length).keys()].map((index) => memberAt(rows, index)),
        );
        expect(found).toEqual(
          changes.map(({ op: _op, set: _set, ...member }) => ({ timeoutSeconds: 0, ...member })),
        );
      }),
    );
  });

  it('are never longer than what room is kept for', () => {
    const longest = add(set('s'), '2001:db8::/33', MAX_TIMEOUT_SECONDS);
    const commented = { ...longest, comment: 'a'.repeat(1000) } as Change;
    for (const change of [longest, commented]) {
      writer.reset();
      writeEntry(writer, columnsOf([change]), 0, true);
      expect(writer.length).toBe(roomFor(columnsOf([change]), 0));
    }
  });
});
