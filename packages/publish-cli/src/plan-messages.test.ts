import { describe, expect, it } from '@jest/globals';
import { decode, parseOrigin, parseSetName, type SetName } from '@vallum/core/protocol';
import { readInput } from './input.js';
import {
  MessagePlan,
  planStream,
  type BadEntry,
  type PlannedMessage,
  type PlanOptions,
} from './plan-messages.js';
import type { PublishRequest } from './request.js';

const set = parseSetName('blacklist');
const origin = parseOrigin('web1');
const request: PublishRequest = {
  action: 'ban',
  set: (set.ok ? set.value : '') as SetName,
  topic: 'blacklist/add',
  qos: 2,
  addresses: [],
  terms: {},
  waitSeconds: 10,
  entriesPerSecond: 0,
  minPrefixLength: { ipv4: 16, ipv6: 32 },
  dryRun: false,
  quiet: false,
  verbose: false,
};
const now = 1_795_420_000;
const nowMs = 1000 * now + 500;
const at = `at ${nowMs.toString()}`;

interface Planned {
  readonly messages: readonly PlannedMessage[];
  readonly payloads: readonly string[];
  readonly bad: readonly BadEntry[];
  readonly duplicates: number;
}

function listOf(chunks: AsyncIterable<Uint8Array | string>, size?: number) {
  return { name: 'list', size, chunks };
}

/** What is planned of a request and a list that comes in these pieces, at these moments. */
async function plan(
  over: Partial<PublishRequest>,
  chunks?: AsyncIterable<Uint8Array | string> | readonly (Uint8Array | string)[],
  {
    clock = () => nowMs,
    size,
    isGentle = false,
    ...options
  }: PlanOptions & { clock?: () => number; size?: number; isGentle?: boolean } = {},
): Promise<Planned> {
  const all = { ...request, ...over };
  const bad: BadEntry[] = [];
  let duplicates = 0;
  const events = {
    bad: (entry: BadEntry) => bad.push(entry),
    duplicate: () => (duplicates += 1),
    read: () => undefined,
  };
  const messagePlan = new MessagePlan(all, clock(), events, isGentle);
  const pieces =
    chunks === undefined || Symbol.asyncIterator in chunks
      ? chunks
      : (async function* () {
          yield* chunks;
        })();
  const list = pieces === undefined ? undefined : listOf(pieces, size);
  const messages: PlannedMessage[] = [];
  const steps = readInput(all, list, messagePlan, clock, events);
  for await (const message of planStream(steps, messagePlan, options)) messages.push(message);
  const payloads = messages.map(({ payload }) => Buffer.from(payload).toString());
  return { messages, payloads, bad, duplicates };
}

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
}

describe('what is sent', () => {
  it('is of one bare address the address and nothing else', async () => {
    const { messages } = await plan({ addresses: ['192.0.2.7'] });
    expect(messages).toEqual([
      {
        topic: 'blacklist/add',
        qos: 2,
        payload: Buffer.from('192.0.2.7'),
        entries: 1,
        from: 'command line',
        to: 'command line',
      },
    ]);
  });

  it('is canonical', async () => {
    const given = ['2001:DB8:0::1', '192.0.2.99/24', '::ffff:192.0.2.7', '10.1.0.0/16'];
    const expected = ['2001:db8::1\n192.0.2.0/24\n192.0.2.7\n10.1.0.0/16'];
    expect((await plan({ addresses: given })).payloads).toEqual(expected);
    expect((await plan({}, [given.join('\n')])).payloads).toEqual(expected);
  });

  it('carries end, origin, stamp and reason, and what vallumd reads is the same', async () => {
    const { payloads } = await plan({
      addresses: ['192.0.2.7'],
      terms: { timeoutSeconds: 60 },
      reason: 'say "x" \\',
    });
    expect(payloads).toEqual([`192.0.2.7 until ${now + 60} ${at} reason "say \\"x\\" \\\\"`]);
    const decoded = decode(
      { topic: 'blacklist/add', payload: Buffer.from(payloads[0] ?? '') },
      [{ topic: 'blacklist', set: request.set }],
      now + 5,
    );
    expect(decoded.rejections).toEqual([]);
    expect(decoded.commands).toMatchObject([
      { command: { until: now + 60, stamp: nowMs, reason: 'say "x" \\' } },
    ]);
  });

  it('stamps an unban that names its origin, and no bare one', async () => {
    const unban = { action: 'unban', addresses: ['192.0.2.7'] } as const;
    expect((await plan(unban)).payloads).toEqual(['192.0.2.7']);
    const { payloads } = await plan({ ...unban, ...(origin.ok && { origin: origin.value }) });
    expect(payloads).toEqual([`192.0.2.7 origin web1 ${at}`]);
  });

  it('lets an entry rule over the command line', async () => {
    const own = `192.0.2.3 timeout 60 at 1795410000000`;
    const { payloads } = await plan({ terms: { until: 'never' }, reason: 'all' }, [
      `192.0.2.1 timeout 60\n192.0.2.2 reason "mine"\n${own}\n`,
    ]);
    expect(payloads[0]?.split('\n')).toEqual([
      `192.0.2.1 until ${now + 60} ${at} reason "all"`,
      `192.0.2.2 until never ${at} reason "mine"`,
      // Its timeout counts from its own stamp.
      '192.0.2.3 until 1795410060 at 1795410000000 reason "all"',
    ]);
  });

  it('writes of each entry what it says itself, whatever the others say', async () => {
    const said = [
      ...['until 1795430000 origin a reason "one"', 'until 1795430000 origin b reason "two"'],
      ...[
        'origin a reason "one"',
        'until 1795430001 origin b reason "one"',
        'until never origin a',
      ],
      ...['until 1795430000 origin a at 1795410000000 reason "one"', 'origin a reason "one"', ''],
    ];
    const lines = addresses(200).map((address, n) => `${address} ${said[n % said.length] ?? ''}`);
    const expected = lines.map((line) => {
      const [, before = '', reason = ''] = /^(.*?)( reason .*)?$/.exec(line.trim()) ?? [];
      const isBare = !before.includes(' ');
      return `${before}${isBare || before.includes(' at ') ? '' : ` ${at}`}${reason}`;
    });
    const { payloads } = await plan({}, [lines.join('\n')]);
    expect(payloads.join('\n').split('\n')).toEqual(expected);
  });

  it('stamps a file once, and what is piped in when it comes', async () => {
    const chunks = ['192.0.2.1\n', '192.0.2.2\n'];
    let time = nowMs;
    const clock = () => (time += 1000);
    const terms = { timeoutSeconds: 60 };
    const stampsOf = ({ payloads }: Planned) =>
      payloads.flatMap((payload) =>
        Array.from(payload.matchAll(/at (\d+)/g), ([, one]) => Number(one)),
      );
    const file = stampsOf(await plan({ terms }, chunks, { clock, size: 20 }));
    expect(file).toEqual([nowMs + 1000, nowMs + 1000]);
    const pipe = stampsOf(await plan({ terms }, chunks, { clock }));
    expect(pipe).toEqual([nowMs + 3000, nowMs + 4000]);
  });

  it('leaves out what would be sent twice, and only that', async () => {
    const { payloads, duplicates } = await plan({}, [
      '192.0.2.1\n192.0.2.1/32\n192.0.2.1 timeout 5\n::ffff:192.0.2.1\n192.0.2.0/31\n2001:db8::1\n',
      '2001:DB8::1\n192.0.2.1 origin a\n192.0.2.1 timeout 5\n192.0.2.1 reason "a"\n192.0.2.1 origin a\n',
    ]);
    expect(payloads[0]?.split('\n').map((line) => line.replace(/ (until|at) \d+/g, ' $1'))).toEqual(
      [
        ...[
          '192.0.2.1',
          '192.0.2.1 until at',
          '192.0.2.0/31',
          '2001:db8::1',
          '192.0.2.1 origin a at',
        ],
        '192.0.2.1 at reason "a"',
      ],
    );
    expect(duplicates).toBe(5);
  });

  it('leaves out duplicates of a long list too', async () => {
    const lines = addresses(30_000).map((address, n) => `${address} origin o${(n % 7).toString()}`);
    const v6 = addresses(5000).map((address) => `2001:db8::${address}`);
    const text = [...lines, ...v6, ...lines, ...v6].join('\n');
    const { messages, duplicates } = await plan({}, [text]);
    expect(messages.reduce((sum, { entries }) => sum + entries, 0)).toBe(35_000);
    expect(duplicates).toBe(35_000);
  });

  it('names bad lines by their place, escaped, and keeps the good ones', async () => {
    const { payloads, bad } = await plan({}, [
      '# head\r\n\r\n192.0.2.1 # one\r\n010.0.0.1\r\nhost\x1b[2J\n2001:db8::1',
    ]);
    expect(payloads).toEqual(['192.0.2.1\n2001:db8::1']);
    expect(bad.map(({ place, input }) => [place, input])).toEqual([
      ['list:4', '010.0.0.1'],
      ['list:5', 'host\\x1b[2J'],
    ]);
  });

  it('reports a ban that is over before it is sent', async () => {
    const { payloads, bad } = await plan({ addresses: ['192.0.2.1'], terms: { until: now - 1 } });
    expect(payloads).toEqual([]);
    expect(bad).toEqual([
      {
        place: 'command line',
        input: '192.0.2.1',
        detail: expect.stringContaining('ended 1 s ago'),
      },
    ]);
  });
});

describe('planStream', () => {
  it('puts a long list into few messages that hold every entry once, in order', async () => {
    const all = addresses(20_000);
    const text = `${all.join('\n')}\n`;
    const chunks = Array.from({ length: 70 }, (_, n) => text.slice(4000 * n, 4000 * (n + 1)));
    const { payloads, messages } = await plan({}, chunks);
    expect(payloads.join('\n').split('\n')).toEqual(all);
    expect(payloads).toHaveLength(20);
    // Each begins where the one before it ends.
    let line = 0;
    for (const { from, to, entries } of messages) {
      expect(from).toBe(`list:${(line + 1).toString()}`);
      line += entries;
      expect(to).toBe(`list:${line.toString()}`);
    }
    expect(line).toBe(20_000);
  });

  it('keeps below what every broker takes, however long the entries are', async () => {
    const reason = 'x'.repeat(256);
    const { payloads } = await plan({ reason }, [addresses(3_000).join('\n')]);
    expect(payloads.length).toBeGreaterThan(6);
    for (const payload of payloads) expect(payload.length).toBeLessThanOrEqual(120 * 1024);
  });

  it('begins gently with small messages, and has few of them', async () => {
    const all = addresses(20_000);
    const { payloads, messages } = await plan({}, [all.join('\n')], { isGentle: true });
    expect(payloads.join('\n').split('\n')).toEqual(all);
    const sizes = messages.map(({ entries }) => entries);
    expect(sizes.slice(0, 3)).toEqual([64, 72, 81]);
    expect(sizes.filter((size) => size < 1_024).length).toBeLessThan(28);
    expect(Math.max(...sizes)).toBe(1_024);
  });

  it('sends what is there when the list pauses', async () => {
    let arrived: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (arrived = resolve));
    const list = listOf(
      (async function* () {
        yield '192.0.2.1\n';
        await first;
        yield '192.0.2.2\n';
      })(),
    );
    const events = { bad: () => undefined, duplicate: () => undefined, read: () => undefined };
    const messagePlan = new MessagePlan(request, nowMs, events);
    const steps = readInput(request, list, messagePlan, () => nowMs, events);
    const stream = planStream(steps, messagePlan, { idleMs: 5 });
    const payloadOf = async () => {
      const { value } = await stream.next();
      return value === undefined ? undefined : Buffer.from(value.payload).toString();
    };
    expect(await payloadOf()).toBe('192.0.2.1');
    arrived();
    expect(await payloadOf()).toBe('192.0.2.2');
    expect(await payloadOf()).toBeUndefined();
  });

  it('refuses at once what every vallumd would, and says how to have it all the same', async () => {
    const list = ['192.0.2.1\n10.0.0.0/15\n127.0.0.1\n2001:d00::/31\n203.0.0.0/16\n'];
    const { payloads, bad } = await plan({}, list);
    expect(payloads).toEqual(['192.0.2.1\n203.0.0.0/16']);
    expect(bad.map(({ place, input }) => `${place} ${input}`)).toEqual([
      'list:2 10.0.0.0/15',
      'list:3 127.0.0.1',
      'list:4 2001:d00::/31',
    ]);
    expect(bad[0]?.detail).toContain('--min-prefix');
    expect(bad[1]?.detail).toContain('loopback');
  });

  it('takes wider prefixes where it is told so, and unbans any', async () => {
    const list = ['10.0.0.0/8\n'];
    const minPrefixLength = { ipv4: 8, ipv6: 32 };
    expect((await plan({ minPrefixLength }, list)).payloads).toEqual(['10.0.0.0/8']);
    const { bad } = await plan({ action: 'unban' }, ['0.0.0.0/0\n127.0.0.1\n']);
    expect(bad).toEqual([]);
  });

  it('holds nothing back for ever where the same comes again and again', async () => {
    const endless = (async function* () {
      for (;;) {
        yield '192.0.2.1\n';
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const events = { bad: () => undefined, duplicate: () => undefined, read: () => undefined };
    const messagePlan = new MessagePlan(request, nowMs, events);
    const steps = readInput(request, listOf(endless), messagePlan, () => nowMs, events);
    const stream = planStream(steps, messagePlan, { idleMs: 60_000, longestHoldMs: 5 });
    const { value } = await stream.next();
    expect(value?.entries).toBe(1);
    await stream.return(undefined);
  });

  it('sends nothing where there is nothing', async () => {
    expect((await plan({}, [''])).payloads).toEqual([]);
  });

  it('passes on that the list broke', async () => {
    const broken = (async function* () {
      yield '192.0.2.1\n';
      await Promise.resolve();
      throw new Error('disk');
    })();
    await expect(plan({}, broken)).rejects.toThrow('disk');
  });
});
