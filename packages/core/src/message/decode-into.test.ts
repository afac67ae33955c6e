import { describe, expect, it } from '@jest/globals';
import { addressAt } from '../address/address-columns.js';
import { decodeInto, type DecodeContext } from './decode-into.js';
import { EntryBatches } from './entry-batches.js';
import { BAN, NEVER, NO_END_NAMED, OWN_STAMP, UNBAN } from './entry-columns.js';
import { resolveTopic } from './resolve-topic.js';
import { parseBinding } from './topic.js';

const NOW_MS = 1_795_000_000_000;
const bindings = ['blacklist', 'two=one', 'two=other'].map((text) => {
  const binding = parseBinding(text);
  if (!binding.ok) throw new Error(binding.detail);
  return binding.value;
});

function read(
  batches: EntryBatches,
  topic: string,
  text: string,
  context?: Partial<DecodeContext>,
) {
  const payload = Buffer.from(text);
  return decodeInto(
    batches,
    resolveTopic(topic, bindings),
    { topic, payload },
    {
      nowMs: NOW_MS,
      ownStamp: NOW_MS + 0.001,
      messageIndex: 0,
      ...context,
    },
  );
}

/** Every entry of every batch, in the order of the batches. */
function rows(batches: EntryBatches): unknown[] {
  return [...batches].flatMap(({ set, batch }) =>
    Array.from({ length: batch.length }, (_, index) => ({
      set,
      address: addressAt(batch, index).text,
      action: batch.actions[index],
      flags: batch.flags[index],
      origin: batch.originNames[batch.origins[index] ?? 0],
      until: batch.untils[index],
      stamp: batch.stamps[index],
      reason: batch.reasonTexts[batch.reasons[index] ?? 0],
      at: `${String(batch.messages[index])}:${String(batch.places[index])}`,
    })),
  );
}

describe('decodeInto', () => {
  it('appends entries to the batches of their set and family', () => {
    const batches = new EntryBatches();
    const lines = [
      `192.0.2.7 until 1795000060 origin web1 at ${String(NOW_MS - 1000)} reason "sshd"`,
      '2001:db8::7 until never',
      '',
      '192.0.2.0/24',
    ];
    expect(read(batches, 'blacklist', lines.join('\n'))).toMatchObject({
      entries: 3,
      cutStamps: 0,
      rejections: [],
      placeWord: 'line',
    });
    read(batches, 'blacklist/del', '["192.0.2.8"]', { messageIndex: 1 });
    const plain = { set: 'blacklist', origin: '', reason: '', stamp: NOW_MS + 0.001, action: BAN };
    expect(rows(batches)).toEqual([
      {
        ...{ set: 'blacklist', address: '192.0.2.7', action: BAN, flags: 0, origin: 'web1' },
        ...{ until: 1_795_000_060, stamp: NOW_MS - 1000, reason: 'sshd', at: '0:1' },
      },
      { ...plain, address: '192.0.2.0/24', flags: OWN_STAMP + NO_END_NAMED, until: 0, at: '0:4' },
      { ...plain, address: '192.0.2.8', action: UNBAN, flags: OWN_STAMP, until: 0, at: '1:0' },
      { ...plain, address: '2001:db8::7', flags: OWN_STAMP, until: NEVER, at: '0:2' },
    ]);
  });

  it('gives every set that is bound to the topic the same', () => {
    const batches = new EntryBatches();
    read(batches, 'two', '192.0.2.1\n192.0.2.2 origin web1 reason "x"\nlocalhost\n2001:db8::1');
    const [one, other] = ['one', 'other'].map((set) =>
      (rows(batches) as { set: string }[])
        .filter((row) => row.set === set)
        .map((row) => ({ ...row, set: '' })),
    );
    expect(one).toHaveLength(3);
    expect(other).toEqual(one);
  });

  it('gives what a thousand lines say to every set, behind what it holds already', () => {
    const batches = new EntryBatches();
    const lines = Array.from(
      { length: 1000 },
      (_, n) => `10.0.${String(n % 7)}.9 origin o${String(n % 5)}`,
    );
    for (const messageIndex of [0, 1]) {
      read(batches, 'two', lines.join('\n'), { messageIndex });
      lines.reverse();
    }
    const bySet = new Map([...batches].map(({ set, batch }) => [String(set), batch]));
    expect([...bySet.values()].map(({ length }) => length)).toEqual([2000, 2000]);
    const [one, other] = ['one', 'other'].map((set) =>
      (rows(batches) as { set: string }[])
        .filter((row) => row.set === set)
        .map((row) => ({ ...row, set: '' })),
    );
    expect(other).toEqual(one);
  });

  it('counts stamps that it has cut', () => {
    const far = String(NOW_MS + 60_001);
    const reading = read(new EntryBatches(), 'blacklist', `192.0.2.1 at ${far}\n192.0.2.2`);
    expect(reading).toMatchObject({ entries: 2, cutStamps: 1 });
  });

  it('takes nothing of a message that is refused as a whole', () => {
    const batches = new EntryBatches();
    const { rejections } = read(batches, 'blacklist', '1.1.1.1\n'.repeat(65_537));
    expect(rejections.map(({ code }) => code)).toEqual(['too-many-entries']);
    const entries = `[${'"1.1.1.1",'.repeat(65_536)}"1.1.1.1"]`;
    expect(read(batches, 'blacklist', entries).rejections).toMatchObject([
      { code: 'too-many-entries', place: 'payload' },
    ]);
    expect(batches.length).toBe(0);
  });

  it('counts entries, not lines, against the limit', () => {
    const batches = new EntryBatches();
    expect(read(batches, 'blacklist', '\n\n1.1.1.1\n'.repeat(65_536)).rejections).toEqual([]);
    expect(batches.length).toBe(65_536);
  });
});
