import { describe, expect, it } from '@jest/globals';
import { VallumError } from '../../words/errors.js';
import type { SetName } from '../../words/names.js';
import { backendContract } from '../../testing/backend-contract.js';
import { add, del, texts, verdicts } from '../../testing/contract-case.js';
import { createFakeClock } from '../../testing/fake-clock.js';
import type { Backend } from '../backend.js';
import { createMemoryBackend } from '../memory/memory-backend.js';
import { createDryRunBackend } from './dry-run-backend.js';
import { listMembers } from '../list-members.js';

const set = 'blacklist' as SetName;
const hashIp = { set, type: 'hash:ip', family: 'ipv4' } as const;
const ignore = (): void => undefined;

describe('the dry-run backend passes the contract:', () => {
  const open = () => {
    const inner = createMemoryBackend();
    const backend = createDryRunBackend({ print: ignore, inner });
    const outside = {
      createEvicting(name: string) {
        inner.makeSet({ ...hashIp, set: name, evicts: true });
      },
    };
    return Promise.resolve({ backend, outside, dispose: () => backend.close() });
  };
  for (const { title, run } of backendContract(open, { outside: ['createEvicting'] })) {
    it(title, async () => {
      await expect(run()).resolves.toBeUndefined();
    });
  }
});

describe('the dry-run backend', () => {
  it('prints what would be done, and only that', async () => {
    const lines: string[] = [];
    const backend = createDryRunBackend({ print: (line) => lines.push(line) });
    await backend.create({ ...hashIp, defaultTimeoutSeconds: 0, maxEntries: 4 });
    await backend.create(hashIp);
    await backend.create({
      set: 'range' as SetName,
      type: 'bitmap:ip',
      family: 'ipv4',
      range: '192.0.2.0/24',
    });
    await backend.create({ set: 'blacklist6' as SetName, type: 'hash:net', family: 'ipv6' });
    await backend.apply([
      add(set, '192.0.2.1', 600),
      add(set, '192.0.2.2', 0),
      add(set, '192.0.2.3'),
      add(set, '2001:db8::1'),
      del(set, '192.0.2.1'),
      del(set, '192.0.2.1'),
    ]);
    expect(lines).toEqual([
      'would create blacklist: hash:ip, IPv4, default timeout 0 s, at most 4 entries',
      'would create range: bitmap:ip, IPv4, range 192.0.2.0/24',
      'would create blacklist6: hash:net, IPv6',
      'would add 192.0.2.1 to blacklist for 600 s',
      'would add 192.0.2.2 to blacklist for ever',
      'would add 192.0.2.3 to blacklist',
      'would delete 192.0.2.1 from blacklist',
    ]);
  });

  it('starts from the real sets and leaves them as they are', async () => {
    const clock = createFakeClock();
    const inner = createMemoryBackend({
      clock,
      sets: [
        { ...hashIp, netmask: 24, defaultTimeoutSeconds: 60, maxEntries: 5 },
        { set: 'range', type: 'bitmap:ip', family: 'ipv4', range: '192.0.2.0/24' },
      ],
    });
    await inner.apply([add(set, '192.0.2.1', 30)]);
    inner.setReferences(set, 3);
    const backend = createDryRunBackend({ print: ignore, inner, clock });

    expect(await backend.inspect(set)).toMatchObject({ netmask: 24, references: 3, entries: 1 });
    expect((await backend.inspect('range' as SetName))?.range?.last).toBe('192.0.2.255');
    const changes = [del(set, '192.0.2.9'), add(set, '198.51.100.1')];
    expect(verdicts(await backend.apply(changes))).toEqual(['applied', 'applied']);
    expect(texts(await listMembers(backend, set))).toEqual(['198.51.100.0']);
    expect(texts(await listMembers(inner, set))).toEqual(['192.0.2.0']);
  });

  it('finds a set that appears later', async () => {
    const inner = createMemoryBackend();
    const backend = createDryRunBackend({ print: ignore, inner });
    expect(verdicts(await backend.apply([add(set, '192.0.2.1')]))).toEqual(['set-missing']);
    await inner.create(hashIp);
    expect(verdicts(await backend.apply([add(set, '192.0.2.1')]))).toEqual(['applied']);
    expect(await backend.create(hashIp)).toBe('exists');
  });

  it('gives the commands of the backend that it stands for', () => {
    const inner: Backend = { ...createMemoryBackend(), howToCreate: (name) => `nft … ${name}` };
    expect(createDryRunBackend({ print: ignore, inner }).howToCreate?.(set)).toBe(`nft … ${set}`);
    expect(createDryRunBackend({ print: ignore }).howToCreate).toBeUndefined();
  });

  it.each([
    ['PERMISSION_DENIED', 'permission-denied'],
    ['BACKEND_UNAVAILABLE', 'unavailable'],
    ['BACKEND_FAILED', 'unknown'],
  ] as const)('passes on that real sets cannot be read: %s', async (code, fault) => {
    const failing: Backend = {
      ...createMemoryBackend(),
      inspect: () => Promise.reject(new VallumError('cannot read', { code, operation: 'test' })),
    };
    const backend = createDryRunBackend({ print: ignore, inner: failing });
    await expect(backend.inspect(set)).rejects.toMatchObject({ code });
    const reports = await backend.apply([add(set, '192.0.2.1')]);
    expect(reports).toEqual([{ outcome: 'failed', fault, detail: 'cannot read' }]);
  });
});
