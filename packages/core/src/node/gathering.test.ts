import { afterEach, describe, expect, it } from '@jest/globals';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { createMemoryBroker, type MemoryBroker } from '../testing/memory-broker.js';
import { parseQuestion } from '../message/question.js';
import { encodeReply, type ListedLease } from '../message/reply.js';
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

/** Somebody who answers as a node would that knows of these. */
function told(
  broker: MemoryBroker,
  name: string,
  addresses: readonly string[],
  more: { readonly isSilent?: boolean; readonly later?: readonly string[] } = {},
): { readonly asked: number } {
  const pages = { asked: 0 };
  const transport = broker.transport(name);
  transport.subscribe([{ filter: 'blacklist/ask' }]);
  transport.open({
    message: async ({ payload }) => {
      const question = parseQuestion(payload);
      if (!question.ok || (question.value.node ?? name) !== name) return;
      const { id, reply, offset } = question.value;
      if (offset !== undefined) pages.asked += 1;
      const known = pages.asked <= 1 ? addresses : (more.later ?? addresses);
      if (offset !== undefined && more.isSilent === true) return;
      const piece = offset === undefined ? [] : known.slice(offset, offset + 1_000);
      const digest = (known.length * 2 + (known === addresses ? 0 : 1))
        .toString(16)
        .padStart(16, '0');
      const body = { kind: 'leases', total: known.length, digest, addresses: piece } as const;
      await transport.publish({ topic: reply, payload: encodeReply({ id, from: name, ...body }) });
    },
    connection: () => undefined,
  });
  return pages;
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

  it('names what any node knows of, where they do not know the same', async () => {
    const broker = createMemoryBroker();
    const one = await firewall(broker, 'fw1');
    await one.ban(['192.0.2.1', '192.0.2.2'], { origin: 'web1.sshd' });
    // It has heard nothing of these, and knows of more and of less.
    told(broker, 'old1', ['192.0.2.2', '192.0.2.3', '192.0.2.4']);
    told(broker, 'old2', ['2001:db8::7']);
    const found = await (await asker(broker)).leasesOf('web1.sshd', { timeoutMs: 200 });
    expect([...found].sort()).toEqual([
      ...['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'],
      '2001:db8::7',
    ]);
  });

  it('asks one of those that know the same, and another one where that is silent', async () => {
    const broker = createMemoryBroker();
    const same = ['192.0.2.1', '192.0.2.2'];
    const pages = [
      told(broker, 'fw1', same, { isSilent: true }),
      told(broker, 'fw2', same),
      told(broker, 'fw3', same),
    ];
    const found = await (await asker(broker)).leasesOf('web1.sshd', { timeoutMs: 200 });
    expect([...found].sort()).toEqual(same);
    expect(pages.filter(({ asked }) => asked > 0).length).toBeLessThanOrEqual(2);
  });

  it('is an error where nobody names what was counted', async () => {
    const broker = createMemoryBroker();
    told(broker, 'fw1', ['192.0.2.1'], { isSilent: true });
    await expect((await asker(broker)).leasesOf('web1.sshd', { timeoutMs: 20 })).rejects.toThrow(
      'node fw1 said that it knows what web1.sshd has banned',
    );
  });

  it('takes no word of a node for an address that is none, and no piece without end', async () => {
    const broker = createMemoryBroker();
    const words = [
      '192.0.2.1 origin web2.sshd',
      '192.0.2.2\n192.0.2.3',
      '-x',
      '192.0.2.9',
      '::9/128',
    ];
    told(broker, 'fw1', words);
    const found = await (await asker(broker)).leasesOf('web1.sshd', { timeoutMs: 200 });
    expect(found).toEqual(['192.0.2.9', '::9']);
  });

  it('begins again where the list has changed between two pieces', async () => {
    const broker = createMemoryBroker();
    const before = Array.from(
      { length: 1_500 },
      (_, n) => `10.8.${String(n >> 8)}.${String(n & 255)}`,
    );
    // The first one ended: by their places, the 1,001st would be passed over.
    const after = before.slice(1);
    told(broker, 'fw1', before, { later: after });
    const found = await (await asker(broker)).leasesOf('web1.sshd', { timeoutMs: 200 });
    expect(new Set(found)).toEqual(new Set(before));
  });

  it('finds nothing of an origin that has banned nothing', async () => {
    const broker = createMemoryBroker();
    await firewall(broker, 'fw1');
    expect(await (await asker(broker)).leasesOf('web9', { timeoutMs: 100 })).toEqual([]);
  });

  it('is an error where no node answers, and where the origin is none', async () => {
    const node = await asker(createMemoryBroker());
    await expect(node.leasesOf('web1', { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
    });
    await expect(node.leasesOf('a b')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

/** Somebody who answers as a node would whose protect list holds these. */
function listed(
  broker: MemoryBroker,
  name: string,
  leases: readonly ListedLease[],
  more: { readonly isSilent?: boolean } = {},
): { readonly asked: number } {
  const pieces = { asked: 0 };
  const transport = broker.transport(name);
  transport.subscribe([{ filter: 'vallum/protect/ask' }]);
  transport.open({
    message: async ({ payload }) => {
      const question = parseQuestion(payload);
      if (!question.ok || (question.value.node ?? name) !== name) return;
      const { id, reply, offset } = question.value;
      if (offset !== undefined) pieces.asked += 1;
      if (offset !== undefined && more.isSilent === true) return;
      const digest = leases.length.toString(16).padStart(16, '0');
      // As many as fit: two.
      const piece = offset === undefined ? {} : { leases: leases.slice(offset, offset + 2) };
      const head = { id, from: name, total: leases.length, digest, addresses: [] };
      await transport.publish({
        topic: reply,
        payload: encodeReply({ ...head, kind: 'leases', ...piece }),
      });
    },
    connection: () => undefined,
  });
  return pieces;
}

function entry(address: string, more: Partial<ListedLease> = {}): ListedLease {
  return { address, origin: 'alice', until: 'never', stampMs: 1_795_420_000_000, ...more };
}

describe('fleetProtection', () => {
  const byAddress = (one: ListedLease, other: ListedLease) =>
    one.address < other.address ? -1 : 1;

  it('names what any node knows of, and says what is not in force on one of them', async () => {
    const broker = createMemoryBroker();
    const later = { until: 1_795_500_000, stampMs: 1_795_420_000_001 };
    listed(broker, 'fw1', [
      entry('192.0.2.1', { inForce: false }),
      ...[entry('192.0.2.2'), entry('192.0.2.3')],
    ]);
    listed(broker, 'fw2', [entry('192.0.2.1', later), entry('192.0.2.4')]);
    const found = await (await asker(broker)).fleetProtection({ timeoutMs: 100 });
    expect([...found].sort(byAddress)).toEqual([
      entry('192.0.2.1', { ...later, inForce: false }),
      ...[entry('192.0.2.2'), entry('192.0.2.3'), entry('192.0.2.4')],
    ]);
  });

  it('asks one of those that know the same, and another one where that is silent', async () => {
    const broker = createMemoryBroker();
    const same = [entry('192.0.2.1'), entry('192.0.2.2'), entry('192.0.2.3')];
    listed(broker, 'fw1', same, { isSilent: true });
    const others = [listed(broker, 'fw2', same), listed(broker, 'fw3', same)];
    const found = await (await asker(broker)).fleetProtection({ timeoutMs: 200 });
    expect([...found].sort(byAddress)).toEqual(same);
    expect(others.map(({ asked }) => asked).sort()).toEqual([0, 2]);
  });

  it('asks for no piece without end', async () => {
    const broker = createMemoryBroker();
    const transport = broker.transport('liar');
    let asked = 0;
    transport.subscribe([{ filter: 'vallum/protect/ask' }]);
    transport.open({
      message: async ({ payload }) => {
        const question = parseQuestion(payload);
        if (!question.ok) return;
        asked += 1;
        const { id, reply, offset } = question.value;
        const leases = offset === 0 ? [entry('192.0.2.1')] : [];
        const body = { kind: 'leases', total: 1e9, addresses: [], leases } as const;
        await transport.publish({
          topic: reply,
          payload: encodeReply({ id, from: 'liar', ...body }),
        });
      },
      connection: () => undefined,
    });
    const found = await (await asker(broker)).fleetProtection({ timeoutMs: 200 });
    expect(found).toEqual([entry('192.0.2.1')]);
    expect(asked).toBe(3);
  });
});
