import { describe, expect, it } from '@jest/globals';
import {
  EINVAL,
  ENOBUFS,
  ENOENT,
  ENOMEM,
  EPERM,
  NetlinkError,
  readAttributes,
} from '../../netlink/index.js';
import { FakeKernel } from '../../netlink/fake-kernel.js';
import type { Message } from '../../netlink/index.js';
import type { SetName } from '../../words/names.js';
import { add, verdicts } from '../../testing/contract-case.js';
import type { Change } from '../backend.js';
import {
  IPSET_ATTR_ADT,
  IPSET_ATTR_DATA,
  IPSET_CMD_ADD,
  IPSET_CMD_HEADER,
  IPSET_CMD_PROTOCOL,
} from './linux-ip-set.js';
import { MemberBatches } from '../member-batches.js';
import { addressAt } from '../../address/address-columns.js';
import { readMembers } from './read-members.js';
import { createNetlinkIpsetBackend } from './netlink-ipset-backend.js';
import { listMembers } from '../list-members.js';

const set = 's' as SetName;
const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');
const PROTOCOL_7_TO_6 = hex('0200000005000100070000000500 0a0006000000'.replace(' ', ''));
/** hash:ip, inet. */
const HEADER = hex(
  '0200000005000100070000000c000300686173683a697000050005000200000005000400060000 00'.replace(
    ' ',
    '',
  ),
);

const batch = (length: number): Change[] =>
  [...Array(length).keys()].map((index) => add(set, `10.0.${index >> 8}.${index & 255}`));

function entriesIn(message: Message): string[] {
  const body = readAttributes(message.payload.subarray(4));
  const batches = new MemberBatches();
  const list = body.get(IPSET_ATTR_ADT);
  if (list !== undefined) readMembers(list, batches);
  const one = body.get(IPSET_ATTR_DATA);
  if (one !== undefined) {
    const header = Buffer.alloc(4);
    header.writeUInt16LE(4 + one.length, 0);
    header.writeUInt16LE(IPSET_ATTR_DATA, 2);
    readMembers(Buffer.concat([header, one]), batches);
  }
  const texts: string[] = [];
  for (const columns of batches.all) {
    for (let index = 0; index < columns.length; index++) {
      texts.push(addressAt(columns, index).text);
    }
  }
  return texts;
}

/** A kernel with one hash:ip; `onAdd` says what happens to each message that adds. */
function kernelWith(onAdd: (entries: string[], message: Message, kernel: FakeKernel) => void) {
  return new FakeKernel((message, kernel) => {
    const command = message.type & 0xff;
    if (command === IPSET_CMD_PROTOCOL) kernel.answer(message, message.type, 0, PROTOCOL_7_TO_6);
    else if (command === IPSET_CMD_HEADER) kernel.answer(message, message.type, 0, HEADER);
    else if (command === IPSET_CMD_ADD) onAdd(entriesIn(message), message, kernel);
    else kernel.acknowledge(message, EINVAL);
  });
}

const open = (kernel: FakeKernel): ReturnType<typeof createNetlinkIpsetBackend> =>
  createNetlinkIpsetBackend({ loadLibC: () => Promise.resolve(kernel) });

describe('applying over netlink', () => {
  it.each([1, 500])('sends %d entries again where the answer was lost', async (length) => {
    const applied: string[] = [];
    let lost = 2;
    const kernel = kernelWith((entries, message) => {
      applied.push(...entries);
      if (lost-- > 0) kernel.queue.push({ errno: ENOBUFS });
      else kernel.acknowledge(message, 0);
    });
    const reports = await (await open(kernel)).apply(batch(length));
    expect(verdicts(reports)).toEqual(Array(length).fill('applied'));
    expect(applied).toHaveLength(3 * length);
  });

  it('reports only what it cannot know as unavailable', async () => {
    const kernel = kernelWith((entries, message) => {
      if (entries.includes('10.0.0.0')) kernel.queue.push({ errno: ENOBUFS });
      else kernel.acknowledge(message, 0);
    });
    const reports = await (await open(kernel)).apply(batch(2049));
    expect(verdicts(reports)).toEqual(['unavailable', ...Array<string>(2048).fill('applied')]);
  });

  it('finds the culprits one by one where the kernel names no line', async () => {
    const stored: string[] = [];
    const kernel = kernelWith((entries, message) => {
      const bad = entries.includes('10.0.0.3');
      if (!bad) stored.push(...entries);
      kernel.acknowledge(message, bad ? ENOMEM : 0);
    });
    const reports = await (await open(kernel)).apply(batch(20));
    expect(verdicts(reports).filter((verdict) => verdict !== 'applied')).toEqual(['unknown']);
    expect(reports[3]).toMatchObject({ detail: expect.stringContaining('ENOMEM') as unknown });
    expect(stored).toHaveLength(19);
  });

  it('does not trust a line that it has not sent', async () => {
    const kernel = kernelWith((entries, message) => {
      // IPSET_ATTR_LINENO 4294967295, which would be far outside of the batch.
      const forged = hex('0200000008000940ffffffff');
      if (entries.length > 1) kernel.acknowledge(message, ENOMEM, forged);
      else kernel.acknowledge(message, 0);
    });
    const reports = await (await open(kernel)).apply(batch(3));
    expect(verdicts(reports)).toEqual(['applied', 'applied', 'applied']);
  });

  it.each([
    [ENOENT, 'set-missing'],
    [EPERM, 'permission-denied'],
  ])('gives every entry of a message the fault of errno %d', async (errno, fault) => {
    const kernel = kernelWith((_entries, message) => {
      kernel.acknowledge(message, errno);
    });
    const reports = await (await open(kernel)).apply(batch(100));
    expect(verdicts(reports)).toEqual(Array(100).fill(fault));
  });

  it('applies calls in their order, each behind the one before', async () => {
    const order: string[] = [];
    const kernel = kernelWith((entries, message) => {
      order.push(entries.length > 1 ? 'many' : 'one');
      kernel.acknowledge(message, 0);
    });
    const backend = await open(kernel);
    await Promise.all([backend.apply(batch(4000)), backend.apply(batch(1))]);
    expect(order).toEqual(['many', 'many', 'one']);
  });

  it('closes its descriptor behind what is under way, and is closed then', async () => {
    const kernel = kernelWith((_entries, message) => {
      kernel.acknowledge(message, 0);
    });
    const backend = await open(kernel);
    const under = backend.apply(batch(2000));
    await backend.close();
    expect(verdicts(await under)).toEqual(Array(2000).fill('applied'));
    expect(kernel.open.size).toBe(0);
    await expect(backend.apply(batch(1))).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(backend.inspect(set)).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('opening', () => {
  it('says that the backend is not to be had where the kernel does not know ipset', async () => {
    const kernel = new FakeKernel((message) => {
      kernel.acknowledge(message, EINVAL);
    });
    await expect(open(kernel)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining('modprobe ip_set') as unknown,
    });
    expect(kernel.open.size).toBe(0);
  });

  it('says so where the kernel speaks another protocol only', async () => {
    const kernel = new FakeKernel((message) => {
      kernel.answer(message, message.type, 0, hex('02000000050001000900000005000a0008000000'));
    });
    await expect(open(kernel)).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    expect(kernel.open.size).toBe(0);
  });

  it('opens without the right to edit, which each operation then misses', async () => {
    const kernel = new FakeKernel((message) => {
      kernel.acknowledge(message, EPERM);
    });
    const backend = await open(kernel);
    expect(verdicts(await backend.apply(batch(2)))).toEqual([
      'permission-denied',
      'permission-denied',
    ]);
    await expect(backend.inspect(set)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect(listMembers(backend, set)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect(backend.create({ set, type: 'hash:ip', family: 'ipv4' })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });

  it('passes on that libc is not to be had', async () => {
    const missing = new NetlinkError('no koffi', 'load koffi', 0, 'BACKEND_UNAVAILABLE');
    await expect(
      createNetlinkIpsetBackend({ loadLibC: () => Promise.reject(missing) }),
    ).rejects.toBe(missing);
  });
});
