import { describe, expect, it } from '@jest/globals';
import { addressAt } from '../../address/address-columns.js';
import { testAddress } from '../../testing/contract-case.js';
import { MemberBatches } from '../member-batches.js';
import { listSingles } from './list-singles.js';
import type { NftSet } from './set-driver.js';

const set: NftSet = {
  name: 'blacklist',
  family: 'ipv4',
  type: 'ipv4_addr',
  interval: false,
  handle: '1',
};

/** Lists with these answers, one after another. */
async function list(answers: readonly (readonly string[])[], of = set) {
  const pauses: number[] = [];
  let asked = 0;
  const members = await listSingles(
    {
      singles: () => {
        const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
        const batches = new MemberBatches();
        for (const text of answer) batches.add({ address: testAddress(text) });
        return Promise.resolve(batches);
      },
    },
    of,
    (ms) => Promise.resolve(pauses.push(ms)),
  );
  const found: string[] = [];
  await members.visit((rows) => {
    for (let row = 0; row < rows.length; row++) found.push(addressAt(rows, row).text);
  });
  return { members: found, asked, pauses };
}

describe('the listing of a hash set', () => {
  it('is asked for once where it is whole', async () => {
    expect(await list([['192.0.2.1', '192.0.2.2']])).toEqual({
      members: ['192.0.2.1', '192.0.2.2'],
      asked: 1,
      pauses: [],
    });
  });

  it('is asked for again where it repeats itself, a little later each time', async () => {
    const torn = ['192.0.2.1', '192.0.2.2', '192.0.2.1'];
    expect(await list([torn, torn, ['192.0.2.1', '192.0.2.2', '192.0.2.3']])).toEqual({
      members: ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
      asked: 3,
      pauses: [5, 10],
    });
  });

  it('is asked for again where it holds less than the set', async () => {
    const counted = { ...set, count: 2 };
    const { members, asked } = await list([['192.0.2.1'], ['192.0.2.1', '192.0.2.2']], counted);
    expect({ members, asked }).toEqual({ members: ['192.0.2.1', '192.0.2.2'], asked: 2 });
    // What has ended is counted, and not listed.
    expect(await list([['192.0.2.1']], { ...counted, defaultTimeoutMs: 0 })).toMatchObject({
      asked: 1,
    });
  });

  it('has each element once, however often it is asked for', async () => {
    expect(await list([['192.0.2.1', '192.0.2.2', '192.0.2.1']])).toEqual({
      members: ['192.0.2.1', '192.0.2.2'],
      asked: 6,
      pauses: [5, 10, 20, 40, 80],
    });
  });
});
