import { describe, expect, it } from '@jest/globals';
import { parseAddress } from '../address/parse.js';
import type { Command } from '../message/command.js';
import type { Binding } from '../message/topic.js';
import type { Transport } from '../transport/transport.js';
import { VallumError } from '../words/errors.js';
import type { SetName } from '../words/names.js';
import { publishCommands } from './publish-commands.js';

const binding: Binding = { topic: 'blacklist', set: 'blacklist' as SetName };

/** So that a message holds few of them, each has a long reason. */
function commands(count: number): Command[] {
  return Array.from({ length: count }, (_, index) => {
    const address = parseAddress(`10.${[index >> 16, (index >> 8) & 255, index & 255].join('.')}`);
    if (!address.ok) throw new Error(address.detail);
    const { set } = binding;
    const reason = 'x'.repeat(256);
    return { action: 'ban', set, address: address.value, until: 'never', reason };
  });
}

function transportThat(publish: Transport['publish']): Transport {
  const nothing = () => undefined;
  return { open: nothing, subscribe: nothing, close: () => Promise.resolve(), publish };
}

describe('publishCommands', () => {
  it('sends what is too much for an outbox a window at a time, all of it and in order', async () => {
    let open = 0;
    let most = 0;
    const first: string[] = [];
    const transport = transportThat(async ({ payload }) => {
      open += 1;
      most = Math.max(most, open);
      first.push(String(payload).split(' ')[0] ?? '');
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
    });
    await publishCommands(transport, binding, 'ban', commands(30_000), {});
    expect(most).toBe(100);
    expect(first.length).toBeGreaterThan(150);
    const numbers = first.map((text) =>
      text.split('.').reduce((sum, part) => 256 * sum + Number(part), 0),
    );
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
  });

  it('gives up all at once by a signal, which it listens to once however much there is to send', async () => {
    const giveUp = new AbortController();
    let listened = 0;
    const listen = giveUp.signal.addEventListener.bind(giveUp.signal);
    giveUp.signal.addEventListener = (...args: Parameters<typeof listen>) => {
      listened += 1;
      listen(...args);
    };
    let sent = 0;
    const transport = transportThat((_, { signal } = {}) => {
      sent += 1;
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          reject(new VallumError('no', { code: 'ABORTED', operation: 'publish' }));
        });
      });
    });
    const asked = publishCommands(transport, binding, 'ban', commands(30_000), giveUp);
    giveUp.abort();
    await expect(asked).rejects.toMatchObject({ code: 'ABORTED' });
    expect({ sent, listened }).toEqual({ sent: 100, listened: 1 });
  });

  it('sends no more once one was refused', async () => {
    let sent = 0;
    const transport = transportThat(async () => {
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
      throw new VallumError('no', { code: 'BROKER_REFUSED', operation: 'publish' });
    });
    await expect(
      publishCommands(transport, binding, 'ban', commands(30_000), {}),
    ).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
    expect(sent).toBeLessThanOrEqual(100);
  });
});
