import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import koffi from 'koffi';
import { addressFromBytes } from '../../src/address/from-bytes.js';
import type { Backend, Change, ChangeReport } from '../../src/backend/backend.js';
import { createNetlinkIpsetBackend } from '../../src/backend/ipset-netlink/netlink-ipset-backend.js';
import type { SetName } from '../../src/words/names.js';
import { add, del, texts, verdicts } from '../../src/testing/contract-case.js';
import { listMembers } from '../../src/backend/list-members.js';

const set = 'kernel' as SetName;
const ipset = (...args: string[]): void => {
  execFileSync('ipset', args);
};

/** 10.0.0.1, 10.0.0.2, …, so that no two are the same and none ends at a network's border. */
function batch(length: number): Change[] {
  return [...Array(length).keys()].map((index) => {
    const bytes = new Uint8Array([10, index >> 16, index >> 8, index]);
    return { op: 'add', set, address: addressFromBytes('ipv4', bytes) };
  });
}

/** How many of each verdict, such as `{ applied: 9998, unstorable: 2 }`. */
function count(reports: readonly ChangeReport[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const verdict of verdicts(reports)) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

suiteNeeding(['ipset'], 'ipset over netlink, in a real kernel', () => {
  let backend: Backend;

  beforeEach(async () => {
    backend = await createNetlinkIpsetBackend();
  });
  afterEach(async () => {
    await backend.close();
    execFileSync('sh', ['-c', 'for set in $(ipset list -n); do ipset destroy "$set"; done']);
  });

  it('loses none but the bad of 10,000, wherever they stand', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4' });
    let seed = 20;
    const random = (): number => (seed = (seed * 48271) % 2147483647) % 10_000;
    const places = new Set([0, 1, 4999, 5000, 9998, 9999, ...Array.from({ length: 200 }, random)]);
    const changes = batch(10_000);
    for (const place of places) {
      // Two that only the kernel refuses, one that never reaches it.
      const kinds = [add(set, '0.0.0.0'), add(set, '192.0.2.1', 60), add(set, '2001:db8::1')];
      changes[place] = kinds[place % 3] ?? add(set, '0.0.0.0');
    }
    const reports = await backend.apply(changes);
    verdicts(reports).forEach((verdict, index) => {
      const faults = ['unstorable', 'timeout-unsupported', 'wrong-family'];
      if (verdict !== (places.has(index) ? faults[index % 3] : 'applied')) {
        throw new Error(`change ${index} is ${verdict}`);
      }
    });
    expect((await backend.inspect(set))?.entries).toBe(10_000 - places.size);
  });

  it('tells for each of 10,000 deletions whether there was something to delete', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4' });
    const changes = batch(10_000);
    await backend.apply(changes.filter((_change, index) => index % 3 === 0));
    const reports = await backend.apply(
      changes.map(({ address }) => ({ op: 'del', set, address })),
    );
    expect(verdicts(reports)).toEqual(
      changes.map((_change, index) => (index % 3 === 0 ? 'applied' : 'unchanged')),
    );
    expect(await listMembers(backend, set)).toEqual([]);
  });

  it('says missing for what comes after the set is destroyed in the middle of a batch', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4' });
    const underway = backend.apply(batch(20_000));
    ipset('destroy', set);
    const found = verdicts(await underway);
    expect(found).toHaveLength(20_000);
    const first = found.indexOf('set-missing');
    expect(first).toBeLessThan(20_000);
    expect(found.lastIndexOf('applied')).toBeLessThan(first);
    expect(new Set(found.slice(first))).toEqual(new Set(['set-missing']));
  });

  it('goes on where the set is made again in the middle of a batch', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4' });
    const underway = backend.apply(batch(20_000));
    ipset('destroy', set);
    ipset('create', set, 'hash:ip');
    const reports = await underway;
    expect(reports.at(-1)?.outcome).toBe('applied');
    const { entries } = (await backend.inspect(set)) ?? {};
    expect(entries).toBeGreaterThan(20_000 - 4096);
  });

  it('says so where the set is replaced in the middle of a batch by one it does not edit', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4' });
    const underway = backend.apply(batch(20_000));
    ipset('destroy', set);
    ipset('create', set, 'hash:ip,port');
    const reports = await underway;
    expect(count(reports)['unsupported-type']).toBeGreaterThan(20_000 - 4096);
    expect(reports.at(-1)).toMatchObject({
      detail: expect.stringContaining('hash:ip,port') as unknown,
    });
  });

  it('fills messages with IPv6 prefixes and timeouts to the brim', async () => {
    await backend.create({ set, type: 'hash:net', family: 'ipv6', defaultTimeoutSeconds: 0 });
    const changes = [...Array(5000).keys()].map((index): Change => {
      const bytes = new Uint8Array(16);
      bytes.set([0x20, 0x01, 0x0d, 0xb8, index >> 8, index]);
      return { op: 'add', set, address: addressFromBytes('ipv6', bytes, 48), timeoutSeconds: 600 };
    });
    expect(count(await backend.apply(changes))).toEqual({ applied: 5000 });
    expect((await backend.inspect(set))?.entries).toBe(5000);
  });

  it('fills messages with the longest comments to the brim', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4', comments: true });
    const changes = batch(2_000).map((change, index) => ({
      ...change,
      comment: `${index} `.padEnd(400, 'ü'),
    }));
    expect(count(await backend.apply(changes))).toEqual({ applied: 2_000 });
    const members = await listMembers(backend, set);
    expect(members).toHaveLength(2_000);
    const found = members.find(({ address }) => address.text === '10.0.7.1')?.comment ?? '';
    expect(found).toMatch(/^1793 ü+$/);
    expect(Buffer.byteLength(found)).toBeGreaterThan(250);
  });

  it('goes on without comments where a set without them takes the place of one', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4', comments: true });
    const changes = batch(20_000).map((change) => ({ ...change, comment: 'web1' }));
    const underway = backend.apply(changes);
    ipset('destroy', set);
    ipset('create', set, 'hash:ip');
    expect(count(await underway)).toEqual({ applied: 20_000 });
    expect((await backend.inspect(set))?.comments).toBeUndefined();
    expect((await listMembers(backend, set)).length).toBeGreaterThan(0);
  });

  it('says when the set fills up in the middle of a batch', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4', maxEntries: 1500 });
    expect(count(await backend.apply(batch(3000)))).toEqual({ applied: 1500, 'set-full': 1500 });
  });

  it('never unfolds a prefix in a hash:ip that took the place of a hash:net', async () => {
    await backend.create({ set, type: 'hash:net', family: 'ipv4' });
    const prefix = [add(set, '10.0.0.0/16')];
    expect(verdicts(await backend.apply(prefix))).toEqual(['applied']);
    ipset('destroy', set);
    ipset('create', set, 'hash:ip');
    expect(verdicts(await backend.apply(prefix))).toEqual(['prefix-unsupported']);
    expect(await listMembers(backend, set)).toEqual([]);
    ipset('destroy', set);
    ipset('create', set, 'hash:net');
    expect(verdicts(await backend.apply(prefix))).toEqual(['applied']);
  });

  it('sees that a set of the other family took the place of one', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4' });
    await backend.apply([add(set, '192.0.2.1')]);
    ipset('destroy', set);
    ipset('create', set, 'hash:ip', 'family', 'inet6');
    const changes = [add(set, '192.0.2.1'), add(set, '2001:db8::1')];
    expect(verdicts(await backend.apply(changes))).toEqual(['wrong-family', 'applied']);
  });

  it.each([
    ['hash:ip,port'],
    ['hash:net,iface'],
    ['list:set'],
    ['bitmap:ip,mac', 'range', '192.0.2.0/24'],
  ])('refuses to edit or read a %s, by its name', async (type, ...options) => {
    ipset('create', set, type, ...options);
    const [report] = await backend.apply([add(set, '192.0.2.1')]);
    expect(report).toMatchObject({ fault: 'unsupported-type' });
    expect(report).toMatchObject({ detail: expect.stringContaining(type) as unknown });
    await expect(listMembers(backend, set)).rejects.toThrow(type);
    expect((await backend.inspect(set))?.type).toBe(type);
  });

  it('works with comments, counters, netmask and exceptions that somebody else put there', async () => {
    ipset('create', set, 'hash:net', 'comment', 'counters', 'skbinfo', 'timeout', '0');
    ipset('add', set, '192.0.2.0/24', 'comment', 'sshd, again', 'timeout', '600');
    ipset('add', set, '192.0.2.7', 'nomatch');
    await backend.apply([add(set, '198.51.100.7'), del(set, '203.0.113.9')]);
    const members = await listMembers(backend, set);
    expect(texts(members)).toEqual(['192.0.2.0/24', '192.0.2.7', '198.51.100.7']);
    expect(texts(members.filter(({ exception }) => exception))).toEqual(['192.0.2.7']);
    ipset('create', 'masked', 'hash:ip', 'netmask', '24');
    const masked = 'masked' as SetName;
    await backend.apply([add(masked, '192.0.2.7')]);
    expect(texts(await listMembers(backend, masked))).toEqual(['192.0.2.0']);
    expect(await backend.inspect(masked)).toMatchObject({ netmask: 24, entries: 1 });
  });

  it('tells a set from another that took its name', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4' });
    const before = (await backend.inspect(set))?.identity;
    expect((await backend.inspect(set))?.identity).toBe(before);
    ipset('destroy', set);
    await backend.create({ set, type: 'hash:ip', family: 'ipv4' });
    expect((await backend.inspect(set))?.identity).not.toBe(before);
  });

  it('counts what refers to a set', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4' });
    ipset('create', 'union', 'list:set');
    ipset('add', 'union', set);
    expect((await backend.inspect(set))?.references).toBe(1);
    ipset('destroy', 'union');
  });

  it('lists 100,000 members while the event loop goes on', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4', maxEntries: 200_000 });
    const changes = batch(100_000).slice(1);
    await backend.apply(changes);
    let turns = 0;
    const turn = setInterval(() => turns++, 1);
    const members = await listMembers(backend, set);
    clearInterval(turn);
    expect(new Set(texts(members)).size).toBe(changes.length);
    expect(turns).toBeGreaterThan(2);
  });

  it('leaks no descriptor, whatever happens', async () => {
    const descriptors = (): number => readdirSync('/proc/self/fd').length;
    await backend.create({ set, type: 'hash:ip', family: 'ipv4' });
    const rounds = async (): Promise<void> => {
      for (let round = 0; round < 50; round++) {
        const other = await createNetlinkIpsetBackend();
        await other.apply([add(set, '192.0.2.1'), add('none' as SetName, '192.0.2.1')]);
        await other.inspect(set);
        await other.inspect('none' as SetName);
        await listMembers(other, set);
        await expect(listMembers(other, 'none')).rejects.toThrow();
        await other.close();
      }
    };
    await rounds();
    const before = descriptors();
    await rounds();
    expect(descriptors()).toBe(before);
  });

  it('says that it lacks the right, and goes on once it has it', async () => {
    await backend.create({ set, type: 'hash:ip', family: 'ipv4' });
    const regain = dropCapabilities();
    try {
      const refused = await createNetlinkIpsetBackend();
      expect(verdicts(await refused.apply([add(set, '192.0.2.1')]))).toEqual(['permission-denied']);
      expect(verdicts(await backend.apply([add(set, '192.0.2.1')]))).toEqual(['permission-denied']);
      for (const attempt of [
        refused.inspect(set),
        listMembers(refused, set),
        refused.create({ set, type: 'hash:ip', family: 'ipv4' }),
      ]) {
        await expect(attempt).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
      }
      await refused.close();
    } finally {
      regain();
    }
    expect(verdicts(await backend.apply([add(set, '192.0.2.1')]))).toEqual(['applied']);
  });
});

/**
 * Takes all effective capabilities from this thread, as capset(2) does.
 *
 * @returns gives them back
 */
function dropCapabilities(): () => void {
  const libc = koffi.load(null);
  const capget = libc.func('int capget(void *header, void *data)');
  const capset = libc.func('int capset(void *header, const void *data)');
  // struct __user_cap_header_struct: _LINUX_CAPABILITY_VERSION_3, pid 0 for the calling thread
  const header = new Uint32Array([0x20080522, 0]);
  // struct __user_cap_data_struct, twice: effective, permitted, inheritable
  const data = new Uint32Array(6);
  expect(capget(header, data)).toBe(0);
  const without = data.slice();
  without[0] = 0;
  without[3] = 0;
  expect(capset(header, without)).toBe(0);
  return () => {
    expect(capset(header, data)).toBe(0);
  };
}
