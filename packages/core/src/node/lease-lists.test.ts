import { describe, expect, it } from '@jest/globals';
import type { LeaseRecord } from '../enforce/lease-record.js';
import { encodeReply, MOST_REPLY_BYTES, type LeasesReply } from '../message/reply.js';
import { createFakeClock } from '../testing/fake-clock.js';
import type { Origin, SetName } from '../words/names.js';
import { LeaseLists } from './lease-lists.js';

const S = 'blacklist' as SetName;

function recordOf(number: number, reason?: string): LeaseRecord {
  return {
    ...{ set: S, kind: 'lease', origin: 'web1', until: 'never', live: true, stampMs: 1 },
    ...{ address: `10.7.${String(number >> 8)}.${String(number & 255)}` as LeaseRecord['address'] },
    ...(reason === undefined ? {} : { reason }),
    ownStamp: false,
  };
}

/** Lists of what `records` holds at that moment. */
function lists(records: LeaseRecord[], refused: readonly string[] = []) {
  const clock = createFakeClock();
  const made = { looks: 0 };
  const enforcer = {
    async *leases() {
      made.looks += 1;
      yield* [...records];
    },
    mayHold: (_: SetName, { text }: { readonly text: string }) => !refused.includes(text),
  };
  return { clock, made, lists: new LeaseLists(enforcer, clock) };
}

const addressesOf = ({ leases = [] }: LeasesReply) => leases.map(({ address }) => address);

describe('a list of leases in full', () => {
  it('is that of one moment, made once, however many pieces it takes', async () => {
    const records = Array.from({ length: 2_500 }, (_, number) => recordOf(number));
    const all = records.map(({ address }) => address);
    const { made, lists: told } = lists(records);
    const found: string[] = [];
    for (;;) {
      const piece = addressesOf(await told.reply({ offset: found.length }, [S]));
      if (piece.length === 0) break;
      found.push(...piece);
      // By its place, one that is asked for later would be passed over.
      records.shift();
    }
    expect(found).toEqual(all);
    expect(made.looks).toBe(1);
  });

  it('is looked at again after ten seconds, and by who asks how many there are', async () => {
    const records = [recordOf(1)];
    const { clock, lists: told } = lists(records);
    const first = await told.reply({}, [S]);
    expect(first).toMatchObject({ total: 1, addresses: [] });
    records.push(recordOf(2));
    expect(await told.reply({ offset: 0 }, [S])).toMatchObject({ total: 1, digest: first.digest });
    clock.advance(10_001);
    const later = await told.reply({ offset: 0 }, [S]);
    expect(addressesOf(later)).toEqual(['10.7.0.1', '10.7.0.2']);
    expect(later.digest).not.toBe(first.digest);
  });

  it('is told in pieces that fit into an answer', async () => {
    const reason = '"'.repeat(256);
    const records = Array.from({ length: 300 }, (_, number) => recordOf(number, reason));
    const { lists: told } = lists(records);
    const head = { id: '0f3a55d2c01b7e64', from: 'f'.repeat(128) };
    let found = 0;
    while (found < records.length) {
      const body = await told.reply({ offset: found }, [S]);
      expect(encodeReply({ ...head, ...body }).length).toBeLessThanOrEqual(MOST_REPLY_BYTES);
      expect(body.leases?.length).toBeGreaterThan(0);
      found += body.leases?.length ?? 0;
    }
  });

  it('says what has no effect, by which nodes differ', async () => {
    const records = [recordOf(1), recordOf(2)];
    const here = lists(records, ['10.7.0.2']).lists;
    const elsewhere = lists(records).lists;
    const told = await here.reply({ offset: 0 }, [S]);
    expect(told.leases?.map(({ inForce }) => inForce)).toEqual([undefined, false]);
    expect((await elsewhere.reply({}, [S])).digest).not.toBe(told.digest);
    expect(await here.reply({ offset: 0, origin: 'web1' as Origin }, [S])).toMatchObject({
      addresses: ['10.7.0.1', '10.7.0.2'],
    });
  });
});
