import { afterEach, describe, expect, it } from '@jest/globals';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { createMemoryBroker, type MemoryBroker } from '../testing/memory-broker.js';
import type { SetName } from '../words/names.js';
import type { Vallum } from './vallum-types.js';
import { createVallum } from './vallum.js';

const S = 'blacklist' as SetName;

const open: Vallum[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close()));
});

async function firewall(broker: MemoryBroker, name: string): Promise<Vallum> {
  const set = { set: S, type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 } as const;
  const node = await createVallum({
    topics: ['blacklist'],
    backend: createMemoryBackend({ sets: [set] }),
    transport: broker.transport(name),
    answers: { node: name },
    policy: { protectHost: false },
  });
  open.push(node);
  return node;
}

async function asker(broker: MemoryBroker): Promise<Vallum> {
  const node = await createVallum({ topics: ['blacklist'], transport: broker.transport('asker') });
  open.push(node);
  return node;
}

describe('leasesOf', () => {
  it('names what an origin has banned, of any number, and nothing of another', async () => {
    const broker = createMemoryBroker();
    const node = await firewall(broker, 'fw1');
    const own = Array.from(
      { length: 2_345 },
      (_, n) => `10.7.${String(n >> 8)}.${String(n & 255)}`,
    );
    await node.ban(own, { origin: 'web1.sshd' });
    await node.ban(['192.0.2.1', own[0] ?? ''], { origin: 'web2.sshd' });
    await node.unban(own.slice(0, 5), { origin: 'web1.sshd' });
    const found = await (await asker(broker)).leasesOf('web1.sshd', { timeoutMs: 1_000 });
    expect([...found].sort()).toEqual(own.slice(5).sort());
  });

  it('asks the node that knows of most', async () => {
    const broker = createMemoryBroker();
    const one = await firewall(broker, 'fw1');
    await one.ban('192.0.2.1', { origin: 'web1.sshd' });
    const late = await firewall(broker, 'fw2');
    await late.ban('192.0.2.2', { origin: 'web1.sshd' });
    const found = await (await asker(broker)).leasesOf('web1.sshd', { timeoutMs: 1_000 });
    expect([...found].sort()).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  it('finds nothing of an origin that has banned nothing', async () => {
    const broker = createMemoryBroker();
    await firewall(broker, 'fw1');
    expect(await (await asker(broker)).leasesOf('web9', { timeoutMs: 100 })).toEqual([]);
  });

  it('is an error where no node answers, and where the origin is none', async () => {
    const node = await asker(createMemoryBroker());
    await expect(node.leasesOf('web1', { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
    });
    await expect(node.leasesOf('a b')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
