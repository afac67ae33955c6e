import { describe, expect, it } from '@jest/globals';
import { backendContract } from '../../testing/backend-contract.js';
import type { Outside } from '../../testing/contract-case.js';
import { add, del, testAddress, texts, verdicts } from '../../testing/contract-case.js';
import { createFakeClock } from '../../testing/fake-clock.js';
import type { SetName } from '../../words/names.js';
import { createMemoryBackend } from './memory-backend.js';
import { listMembers } from '../list-members.js';

const set = 'blacklist' as SetName;
const hashIp = { set, type: 'hash:ip', family: 'ipv4' } as const;

describe('the memory backend passes the contract:', () => {
  const open = () => {
    const backend = createMemoryBackend();
    const outside: Outside = {
      addException(name, address) {
        backend.addException(name, address);
      },
      createEvicting(name) {
        backend.makeSet({ ...hashIp, set: name, evicts: true });
      },
      addMember(name, address) {
        backend.addMember(name, address);
      },
    };
    return Promise.resolve({ backend, outside, dispose: () => backend.close() });
  };
  const outside = ['addException', 'createEvicting', 'addMember'] as const;
  for (const { title, run } of backendContract(open, { outside })) {
    it(title, async () => {
      await expect(run()).resolves.toBeUndefined();
    });
  }
});

describe('the memory backend', () => {
  it('forgets an entry when its time is over, not before', async () => {
    const clock = createFakeClock();
    const backend = createMemoryBackend({
      clock,
      sets: [{ ...hashIp, defaultTimeoutSeconds: 0 }],
    });
    await backend.apply([add(set, '192.0.2.1', 60), add(set, '192.0.2.2')]);
    clock.advance(59_000);
    expect(await listMembers(backend, set)).toEqual([
      { address: testAddress('192.0.2.1'), timeoutSeconds: 1 },
      { address: testAddress('192.0.2.2'), timeoutSeconds: 0 },
    ]);
    clock.advance(1000);
    expect(texts(await listMembers(backend, set))).toEqual(['192.0.2.2']);
    expect((await backend.inspect(set))?.entries).toBe(1);
    expect(verdicts(await backend.apply([del(set, '192.0.2.1')]))).toEqual(['unchanged']);
  });

  it('makes room in a full set when an entry ends', async () => {
    const clock = createFakeClock();
    const backend = createMemoryBackend({
      clock,
      sets: [{ ...hashIp, defaultTimeoutSeconds: 10, maxEntries: 1 }],
    });
    await backend.apply([add(set, '192.0.2.1')]);
    expect(verdicts(await backend.apply([add(set, '192.0.2.2')]))).toEqual(['set-full']);
    clock.advance(10_000);
    expect(verdicts(await backend.apply([add(set, '192.0.2.2')]))).toEqual(['applied']);
  });

  it('cuts addresses to the netmask, so that neighbours are one entry', async () => {
    const set6 = 'blacklist6' as SetName;
    const backend = createMemoryBackend({
      sets: [
        { ...hashIp, netmask: 20 },
        { set: set6, type: 'hash:ip', family: 'ipv6', netmask: 64 },
      ],
    });
    await backend.apply([add(set, '10.2.35.4'), add(set6, '2001:db8::1')]);
    expect(texts(await listMembers(backend, set))).toEqual(['10.2.32.0']);
    expect(texts(await listMembers(backend, set6))).toEqual(['2001:db8::']);
    expect(verdicts(await backend.apply([del(set, '10.2.47.255')]))).toEqual(['applied']);
    expect(verdicts(await backend.apply([add(set, '0.0.0.1')]))).toEqual(['unstorable']);
  });

  it('refuses every change to a set of a type that Vallum does not edit', async () => {
    const backend = createMemoryBackend({ sets: [{ ...hashIp, type: 'hash:ip,port' }] });
    expect((await backend.inspect(set))?.type).toBe('hash:ip,port');
    expect(verdicts(await backend.apply([add(set, '192.0.2.1'), del(set, '192.0.2.1')]))).toEqual([
      'unsupported-type',
      'unsupported-type',
    ]);
  });

  it('is a new set, empty and with another identity, after being destroyed and made again', async () => {
    const backend = createMemoryBackend({ sets: [hashIp] });
    await backend.apply([add(set, '192.0.2.1')]);
    const before = await backend.inspect(set);
    expect(backend.destroySet(set)).toBe(true);
    expect(backend.destroySet(set)).toBe(false);
    expect(verdicts(await backend.apply([add(set, '192.0.2.1')]))).toEqual(['set-missing']);
    await backend.create(hashIp);
    const after = await backend.inspect(set);
    expect(after?.entries).toBe(0);
    expect(after?.identity).not.toBe(before?.identity);
  });

  it('lets a test flush a set and pretend that rules refer to it', async () => {
    const backend = createMemoryBackend({ sets: [hashIp] });
    await backend.apply([add(set, '192.0.2.1')]);
    backend.flush(set);
    backend.setReferences(set, 2);
    expect(await backend.inspect(set)).toMatchObject({ entries: 0, references: 2 });
    expect(() => {
      backend.flush('other');
    }).toThrow('set other does not exist');
  });
});
