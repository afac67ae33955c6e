import { spawnSync } from 'node:child_process';
import { afterEach, expect, it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import type { SetName } from '../../src/words/names.js';
import { createIpsetProcessBackend } from '../../src/backend/ipset-process/ipset-process-backend.js';
import { run as systemRun, type Run } from '../../src/system/run.js';
import { backendContract } from '../../src/testing/backend-contract.js';
import type { Outside } from '../../src/testing/contract-case.js';
import { add, del, testAddress, texts, verdicts } from '../../src/testing/contract-case.js';
import { listMembers } from '../../src/backend/list-members.js';

const set = 'blacklist' as SetName;

function ipset(...args: string[]): string {
  const result = spawnSync('ipset', args, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`ipset ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

/** What an administrator does with the program ipset. */
const outside: Partial<Outside> = {
  addException: (set, address) => Promise.resolve(void ipset('add', set, address, 'nomatch')),
};
// ipset 7.17 does not print `forceadd`.
const OUTSIDE = { outside: ['addException'] } as const;

function destroyAllSets(): Promise<void> {
  // Emptied first, since one in a list:set cannot be destroyed. The namespace is the tests' own.
  ipset('flush');
  ipset('destroy');
  return Promise.resolve();
}

/** Runs programs as root without any capability. */
const runUnprivileged: Run = (program, args, options) =>
  systemRun('setpriv', ['--bounding-set=-all', '--inh-caps=-all', program, ...args], options);

suiteNeeding(['ipset', 'namespace'], 'the ipset backend passes the contract on real sets:', () => {
  const open = () =>
    Promise.resolve({ backend: createIpsetProcessBackend(), outside, dispose: destroyAllSets });
  for (const { title, run } of backendContract(open, OUTSIDE)) {
    it(title, async () => {
      await expect(run()).resolves.toBeUndefined();
    });
  }
});

suiteNeeding(['ipset', 'namespace'], 'the ipset backend on the real kernel', () => {
  afterEach(destroyAllSets);
  const backend = createIpsetProcessBackend();

  it('reads a set with all its extensions, made by others', async () => {
    ipset('create', set, 'hash:net', 'timeout', '50', 'counters', 'comment', 'skbinfo', 'forceadd');
    ipset('add', set, '192.0.2.0/24', 'comment', 'x timeout 0 nomatch add y 10.0.0.1');
    ipset('add', set, '192.0.2.7', 'nomatch');
    ipset('create', 'outer', 'list:set');
    ipset('add', 'outer', set);
    expect(await backend.inspect(set)).toMatchObject({
      type: 'hash:net',
      family: 'ipv4',
      defaultTimeoutSeconds: 50,
      maxEntries: 65536,
      entries: 2,
      references: 1,
      identity: expect.stringMatching(/^0x[0-9a-f]{8}$/),
    });
    const members = await listMembers(backend, set);
    expect(texts(members)).toEqual(['192.0.2.0/24', '192.0.2.7']);
    const [exception] = members.filter((member) => member.exception);
    expect(String(exception?.address.text)).toBe('192.0.2.7');
    expect(members.find((member) => !member.exception)?.timeoutSeconds).toBeGreaterThan(40);
  });

  it('tells the netmask of a set, and stores by it', async () => {
    ipset('create', set, 'hash:ip', 'netmask', '24');
    expect((await backend.inspect(set))?.netmask).toBe(24);
    const changes = [add(set, '192.0.2.7'), del(set, '192.0.2.9'), add(set, '0.0.0.7')];
    expect(verdicts(await backend.apply(changes))).toEqual(['applied', 'applied', 'unstorable']);
  });

  it('calls sets by a bitmask a type of their own, which Vallum does not edit', async () => {
    ipset('create', set, 'hash:ip', 'bitmask', '255.0.255.0');
    expect((await backend.inspect(set))?.type).toBe('hash:ip bitmask');
  });

  it('names sets of other types, and refuses to change them', async () => {
    ipset('create', set, 'hash:ip,port');
    ipset('create', 'names', 'list:set');
    ipset('create', 'ports', 'bitmap:port', 'range', '0-9');
    expect((await backend.inspect(set))?.type).toBe('hash:ip,port');
    const reports = await backend.apply([
      add(set, '192.0.2.7'),
      add('names' as SetName, '192.0.2.7'),
      add('ports' as SetName, '192.0.2.7'),
      add(set, '192.0.2.0/24'),
    ]);
    expect(verdicts(reports)).toEqual(Array(4).fill('unsupported-type'));
    expect(await listMembers(backend, 'names')).toEqual([]);
  });

  it('gives back IPv4-mapped entries of an IPv6 set as what the set holds', async () => {
    ipset('create', set, 'hash:net', 'family', 'inet6');
    ipset('add', set, '::ffff:192.0.2.7');
    ipset('add', set, '::ffff:198.51.100.0/120');
    const members = await listMembers(backend, set);
    expect(members.map(({ address }) => address.family)).toEqual(['ipv6', 'ipv6']);
    const reports = await backend.apply(
      members.map(({ address }) => ({ op: 'del', set, address })),
    );
    expect(verdicts(reports)).toEqual(['applied', 'applied']);
  });

  it('lets an entry end by itself', async () => {
    ipset('create', set, 'hash:ip', 'timeout', '0');
    await backend.apply([add(set, '192.0.2.7', 1)]);
    expect(await listMembers(backend, set)).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await listMembers(backend, set)).toEqual([]);
  });

  it('says of each change what happened when the set is destroyed in mid-batch', async () => {
    ipset('create', set, 'hash:ip');
    // A del behind an add opens another session of ipset: the set goes in between.
    let sessions = 0;
    const destroying = createIpsetProcessBackend({
      run: async (program, args, options) => {
        sessions += 1;
        if (sessions === 2) ipset('destroy', set);
        return systemRun(program, args, options);
      },
    });
    const changes = [add(set, '192.0.2.1'), del(set, '192.0.2.1'), add(set, '192.0.2.2')];
    expect(verdicts(await destroying.apply(changes))).toEqual([
      'applied',
      'set-missing',
      'set-missing',
    ]);
    ipset('create', set, 'hash:ip');
    expect(verdicts(await destroying.apply([add(set, '192.0.2.2')]))).toEqual(['applied']);
  });

  it('loses no verdict when the set is destroyed while a session runs', async () => {
    ipset('create', set, 'hash:ip');
    const work = backend.apply(
      [...Array(2000).keys()].map((n) => add(set, `10.0.${n >> 8}.${n & 255}`)),
    );
    await systemRun('ipset', ['destroy', set]);
    const seen = verdicts(await work);
    expect(seen).toHaveLength(2000);
    expect(seen.filter((verdict) => verdict !== 'applied' && verdict !== 'set-missing')).toEqual(
      [],
    );
  });

  it('says that it lacks permission, and how to get it', async () => {
    ipset('create', set, 'hash:net');
    const unprivileged = createIpsetProcessBackend({ run: runUnprivileged });
    const denied = { code: 'PERMISSION_DENIED', message: expect.stringContaining('CAP_NET_ADMIN') };
    await expect(unprivileged.inspect(set)).rejects.toMatchObject(denied);
    await expect(listMembers(unprivileged, set)).rejects.toMatchObject(denied);
    await expect(
      unprivileged.create({ set, type: 'hash:ip', family: 'ipv4' }),
    ).rejects.toMatchObject(denied);
    const reports = await unprivileged.apply([add(set, '192.0.2.7'), add(set, '192.0.2.0/24')]);
    expect(reports).toEqual(
      Array(2).fill({
        outcome: 'failed',
        fault: 'permission-denied',
        detail: 'not allowed to edit set blacklist; run as root or with CAP_NET_ADMIN',
      }),
    );
  });

  it('says that the program is missing, and how to get it', async () => {
    const without = createIpsetProcessBackend({ program: '/nowhere/ipset' });
    const message = expect.stringContaining('/nowhere/ipset was not found; install it');
    await expect(without.inspect(set)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message,
    });
    const [report] = await without.apply([add(set, '192.0.2.7')]);
    expect(report).toMatchObject({ fault: 'unavailable', detail: message });
  });

  it('refuses a range that is too large for the kernel without making a set', async () => {
    const spec = { set, type: 'bitmap:ip', family: 'ipv4', range: '10.0.0.0/8' } as const;
    await expect(backend.create(spec)).rejects.toMatchObject({
      code: 'BACKEND_FAILED',
      message: expect.stringContaining('exceeds the size limit'),
    });
    expect(await backend.inspect(set)).toBeUndefined();
  });

  it('applies calls that overlap', async () => {
    ipset('create', set, 'hash:ip');
    const numbers = [...Array(20).keys()];
    const reports = await Promise.all(
      numbers.map((n) => backend.apply([add(set, `192.0.2.${n + 1}`)])),
    );
    expect(verdicts(reports.flat())).toEqual(numbers.map(() => 'applied'));
    expect(await listMembers(backend, set)).toHaveLength(20);
    expect((await listMembers(backend, set)).map(({ address }) => address)).toContainEqual(
      testAddress('192.0.2.20'),
    );
  });
});
