import { describe, expect, it } from '@jest/globals';
import { decode, parseSetName, type SetName } from '@vallum/core';
import {
  entryChecker,
  placeLines,
  readArgumentAddresses,
  type PlacedCommand,
} from './check-entries.js';
import { planMessages, planStream } from './plan-messages.js';
import { readList } from './read-list.js';
import type { PublishRequest } from './request.js';

const set = parseSetName('blacklist');
const request: PublishRequest = {
  action: 'ban',
  set: (set.ok ? set.value : '') as SetName,
  topic: 'blacklist/add',
  qos: 2,
  addresses: [],
  terms: {},
  waitSeconds: 10,
  dryRun: false,
  quiet: false,
};
const now = 1_795_420_000;

async function linesOf(...chunks: (string | Uint8Array)[]) {
  const lines = [];
  for await (const some of readList(
    (async function* () {
      yield* chunks;
    })(),
  ))
    lines.push(...some);
  return placeLines(lines, 'list');
}

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
}

describe('what is sent', () => {
  it('is of one bare address the address and nothing else', () => {
    const { commands } = entryChecker(request)(readArgumentAddresses(['192.0.2.7']), now);
    expect(planMessages(commands, request)).toEqual([
      { topic: 'blacklist/add', qos: 2, payload: '192.0.2.7', entries: commands },
    ]);
  });

  it('is canonical', () => {
    const given = ['2001:DB8:0::1', '192.0.2.99/24', '::ffff:192.0.2.7'];
    const { commands } = entryChecker(request)(readArgumentAddresses(given), now);
    expect(planMessages(commands, request)[0]?.payload).toBe(
      '2001:db8::1\n192.0.2.0/24\n192.0.2.7',
    );
  });

  it('carries the end, origin and reason of the command line, and what vallumd reads is the same', () => {
    const all = {
      ...request,
      terms: { timeoutSeconds: 60 },
      reason: 'say "x" \\',
      origin: undefined,
    };
    const { origin: _none, ...withReason } = all;
    const { commands } = entryChecker(withReason)(readArgumentAddresses(['192.0.2.7']), now);
    const [message] = planMessages(commands, request);
    expect(message?.payload).toBe(`192.0.2.7 until ${now + 60} reason "say \\"x\\" \\\\"`);
    const payload = new TextEncoder().encode(message?.payload);
    const decoded = decode(
      { topic: 'blacklist/add', payload },
      [{ topic: 'blacklist', set: request.set }],
      now,
    );
    expect(decoded.rejections).toEqual([]);
    expect(decoded.commands.map(({ command }) => command)).toEqual(
      commands.map(({ command }) => command),
    );
  });

  it('lets an entry rule over the command line', async () => {
    const check = entryChecker({ ...request, terms: { until: 'never' }, reason: 'all' });
    const entries = await linesOf('192.0.2.1 timeout 60\n192.0.2.2 reason "mine"\n');
    const [message] = planMessages(check(entries, now).commands, request);
    expect(message?.payload).toBe(
      `192.0.2.1 until ${now + 60} reason "all"\n192.0.2.2 until never reason "mine"`,
    );
  });

  it('leaves out what would be sent twice, and only that', async () => {
    const entries = await linesOf(
      '192.0.2.1\n192.0.2.1/32\n192.0.2.1 timeout 5\n::ffff:192.0.2.1\n',
    );
    const { commands, duplicates } = entryChecker(request)(entries, now);
    expect(commands.map(({ place }) => place)).toEqual(['list:1', 'list:3']);
    expect(duplicates).toBe(2);
  });

  it('names bad lines by their place, escaped, and keeps the good ones', async () => {
    const entries = await linesOf(
      '# head\r\n\r\n192.0.2.1 # one\r\n010.0.0.1\r\nhost\x1b[2J\n2001:db8::1',
    );
    const { commands, bad } = entryChecker(request)(entries, now);
    expect(commands.map(({ command }) => command.address.text)).toEqual([
      '192.0.2.1',
      '2001:db8::1',
    ]);
    expect(bad.map(({ place, input }) => [place, input])).toEqual([
      ['list:4', '010.0.0.1'],
      ['list:5', 'host\\x1b[2J'],
    ]);
  });

  it('reports a ban that is over before it is sent', () => {
    const check = entryChecker({ ...request, terms: { until: now - 1 } });
    const { commands, bad } = check(readArgumentAddresses(['192.0.2.1']), now);
    expect(commands).toEqual([]);
    expect(bad).toHaveLength(1);
  });

  it('reads lines that are cut anywhere, also within a character', async () => {
    const bytes = Buffer.from('192.0.2.1 reason "grün"\n192.0.2.2\n');
    for (const cut of [3, 20, 21, 22, 25]) {
      const entries = await linesOf(bytes.subarray(0, cut), bytes.subarray(cut));
      expect(entries).toMatchObject([
        { place: 'list:1', entry: { reason: 'grün' } },
        { place: 'list:2', entry: { address: { text: '192.0.2.2' } } },
      ]);
    }
  });

  it('refuses a line without end as one line, and goes on behind it', async () => {
    const entries = await linesOf('A'.repeat(100_000), 'A'.repeat(100_000), '\n192.0.2.1\n');
    expect(entries).toMatchObject([{ place: 'list:1' }, { place: 'list:2', entry: {} }]);
    expect(entries[0]?.input?.length).toBeLessThan(100);
  });
});

describe('planStream', () => {
  const check = () => entryChecker(request);
  async function payloadsOf(batches: AsyncIterable<readonly PlacedCommand[]>, idleMs?: number) {
    const payloads = [];
    const options = idleMs === undefined ? {} : { idleMs };
    for await (const { payload } of planStream(batches, request, options)) payloads.push(payload);
    return payloads;
  }

  it('puts a long list into few messages that hold every entry once, in order', async () => {
    const all = addresses(20_000);
    const one = check();
    const payloads = await payloadsOf(
      (async function* () {
        for (let at = 0; at < all.length; at += 300) {
          yield one(readArgumentAddresses(all.slice(at, at + 300)), now).commands;
        }
      })(),
    );
    expect(payloads.join('\n').split('\n')).toEqual(all);
    expect(payloads.length).toBeLessThan(7);
    for (const payload of payloads) expect(payload.length).toBeLessThanOrEqual(48 * 1024);
  });

  it('sends what is there when the list pauses', async () => {
    const one = check();
    let arrived: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (arrived = resolve));
    const stream = planStream(
      (async function* () {
        yield one(readArgumentAddresses(['192.0.2.1']), now).commands;
        await first;
        yield one(readArgumentAddresses(['192.0.2.2']), now).commands;
      })(),
      request,
      { idleMs: 5 },
    );
    expect((await stream.next()).value).toMatchObject({ payload: '192.0.2.1' });
    arrived();
    expect((await stream.next()).value).toMatchObject({ payload: '192.0.2.2' });
    expect((await stream.next()).done).toBe(true);
  });

  it('sends nothing where there is nothing', async () => {
    expect(
      await payloadsOf(
        (async function* () {
          yield [];
        })(),
      ),
    ).toEqual([]);
  });

  it('passes on that the list broke', async () => {
    const broken = (async function* (): AsyncGenerator<readonly PlacedCommand[]> {
      yield check()(readArgumentAddresses(['192.0.2.1']), now).commands;
      throw new Error('disk');
    })();
    await expect(payloadsOf(broken)).rejects.toThrow('disk');
  });
});
