import { describe, expect, it } from '@jest/globals';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { createMemoryBroker } from '../testing/memory-broker.js';
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

describe('a node that answers', () => {
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
