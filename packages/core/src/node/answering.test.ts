import { describe, expect, it } from '@jest/globals';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { MOST_REPLY_BYTES, parseReply, type WhyReply } from '../message/reply.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { createMemoryBroker } from '../testing/memory-broker.js';
import type { SetName } from '../words/names.js';
import { createVallum } from './vallum.js';

const question = JSON.stringify({
  ...{ v: 1, id: '0f3a55d2c01b7e64', reply: 'vallumd/reply/web1' },
  ...{ kind: 'status', addresses: [] },
});

/** A node at a broker that ends the connection of who publishes an answer. */
async function startStrict() {
  const clock = createFakeClock();
  const broker = createMemoryBroker({ clock });
  const inner = broker.transport('fw1');
  let answers = 0;
  const warnings: string[] = [];
  const node = await createVallum({
    topics: ['blacklist'],
    backend: createMemoryBackend({ sets: [], clock }),
    transport: {
      ...inner,
      open: (handlers) => {
        inner.open(handlers);
      },
      publish: (message, options) => {
        if (!message.topic.startsWith('vallumd/reply/')) return inner.publish(message, options);
        answers += 1;
        setImmediate(() => {
          broker.cut('fw1');
        });
        return Promise.resolve();
      },
    },
    answers: { node: 'fw1' },
    policy: { protectHost: false },
    deps: { clock },
    listeners: { warning: (sentence) => warnings.push(sentence) },
  });
  const asker = broker.transport('web1');
  asker.open({ message: () => Promise.resolve(), connection: () => undefined });
  const settle = async () => {
    for (let turn = 0; turn < 10; turn += 1) await new Promise((done) => setImmediate(done));
  };
  return {
    ...{ clock, node, warnings },
    answers: () => answers,
    async ask() {
      broker.mend('fw1');
      await settle();
      await asker.publish({ topic: 'blacklist/ask', payload: question });
      await settle();
      clock.advance(1_000);
    },
  };
}

/** What one node answers to one question, and what it warns of. */
async function answerOf(
  question: Readonly<Record<string, unknown>>,
  { bans = [], describe }: { bans?: readonly Ban[]; describe?: () => Record<string, unknown> },
) {
  const clock = createFakeClock();
  const broker = createMemoryBroker({ clock });
  const warnings: string[] = [];
  const set = { set: 'blacklist' as SetName, type: 'hash:net', family: 'ipv6' } as const;
  const node = await createVallum({
    topics: ['blacklist'],
    backend: createMemoryBackend({ sets: [{ ...set, defaultTimeoutSeconds: 0 }], clock }),
    transport: broker.transport('fw1'),
    answers: { node: 'fw1', ...(describe ? { describe } : {}) },
    policy: { protectHost: false },
    deps: { clock },
    listeners: { warning: (sentence) => warnings.push(sentence) },
  });
  for (const { address, ...terms } of bans) await node.ban(address, terms);
  const answers: Uint8Array[] = [];
  const asker = broker.transport('web1');
  asker.subscribe(['vallumd/reply/web1']);
  asker.open({
    message: ({ payload }) => Promise.resolve(void answers.push(payload)),
    connection: () => undefined,
  });
  const head = { v: 1, id: '0f3a55d2c01b7e64', reply: 'vallumd/reply/web1' };
  await asker.publish({
    topic: 'blacklist/ask',
    payload: JSON.stringify({ ...head, ...question }),
  });
  for (let turn = 0; turn < 100; turn += 1) await new Promise((done) => setImmediate(done));
  await node.close();
  return { answers, warnings };
}

interface Ban {
  readonly address: string;
  readonly origin: string;
  readonly reason: string;
}

describe('a node that answers', () => {
  it('why, tells what is closest of more than fits, and how much more there is', async () => {
    const lengths = Array.from({ length: 17 }, (_, step) => 32 + 2 * step);
    const bans = [...lengths, 128].flatMap((length) =>
      Array.from({ length: 20 }, (_, number) => ({
        address: `2001:db8::${length === 128 ? '7' : ''}/${length.toString()}`,
        origin: `${number.toString()}.`.padEnd(100, 'o'),
        // Three bytes each, and one in JavaScript's count.
        reason: '語'.repeat(200),
      })),
    );
    const { answers, warnings } = await answerOf(
      { kind: 'why', addresses: ['2001:db8::7'] },
      { bans },
    );
    expect(answers).toHaveLength(1);
    const [payload = new Uint8Array()] = answers;
    expect(payload.length).toBeLessThanOrEqual(MOST_REPLY_BYTES);
    const reply = parseReply(payload);
    expect(reply).toMatchObject({ ok: true, value: { kind: 'why', blocked: true } });
    const told = reply.ok ? (reply.value as WhyReply) : undefined;
    const addresses = told?.bans.map(({ address }) => address) ?? [];
    expect(addresses.slice(-2)).toEqual(['2001:db8::/64', '2001:db8::7']);
    expect(told?.bans.at(-1)?.leases).toHaveLength(20);
    expect(addresses.length + (told?.more ?? 0)).toBe(18);
    expect(warnings).toEqual([]);
  });

  it('says that an answer is too long to be sent', async () => {
    const sets = Array.from({ length: 2_000 }, (_, number) => ({
      set: `set-number-${number}-of-many`,
    }));
    const asked = { kind: 'status', addresses: [] };
    const { answers, warnings } = await answerOf(asked, { describe: () => ({ sets }) });
    expect(answers).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/\(status\) is longer than 64 KiB/)]);
  });

  it('falls silent where that costs it the connection, and tries again after ten minutes', async () => {
    const strict = await startStrict();
    for (let time = 0; time < 6; time += 1) await strict.ask();
    expect(strict.answers()).toBe(3);
    expect(strict.node.status().connection).toBe('connected');
    expect(strict.warnings.join('\n')).toContain('Let it write vallumd/reply/+');
    strict.clock.advance(600_000);
    await strict.ask();
    expect(strict.answers()).toBe(4);
    await strict.node.close();
  });
});
