import { describe, expect, it } from '@jest/globals';
import type { SetName } from '../../words/names.js';
import type { Run, RunResult } from '../../system/run.js';
import { add, del, verdicts } from '../../testing/contract-case.js';
import type { Address } from '../../address/address.js';
import { createIpsetProcessBackend } from './ipset-process-backend.js';
import { listMembers } from '../list-members.js';

const set = 'blacklist' as SetName;
const hashIp = { set, type: 'hash:ip', family: 'ipv4' } as const;

const HEADER = `Name: blacklist
Type: hash:ip
Revision: 6
Header: family inet hashsize 1024 maxelem 65536 timeout 600 bucketsize 12 initval 0x259abafa
Size in memory: 416
References: 1
Number of entries: 5
`;

interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly input: string | undefined;
}

/** A program that records how it is called and answers each marker of a session, as ipset does. */
function recordingRun(answer: (line: string) => string = () => ''): { run: Run; calls: Call[] } {
  const calls: Call[] = [];
  const run: Run = (program, args, options) => {
    calls.push({ program, args, input: options?.input });
    let stderr = '';
    for (const line of (options?.input ?? '').split('\n')) {
      const marker = /^list -o (x\d+)$/.exec(line)?.[1];
      const words = marker ? `Syntax error: unknown output mode '${marker}'` : answer(line);
      if (words !== '') stderr += `ipset v7.17: ${words}\n`;
    }
    return Promise.resolve({ code: 0, stdout: args[0] === 'list' ? HEADER : '', stderr });
  };
  return { run, calls };
}

function answering(result: Partial<RunResult>): Run {
  return () => Promise.resolve({ code: 1, stdout: '', stderr: '', ...result });
}

const missingProgram: Run = () =>
  Promise.reject(Object.assign(new Error('spawn ipset ENOENT'), { code: 'ENOENT' }));

describe('the ipset backend writes', () => {
  it('entries to standard input only, one run for the entries of a message', async () => {
    const { run, calls } = recordingRun();
    const backend = createIpsetProcessBackend({ run });
    await backend.apply([add(set, '192.0.2.1', 600), add(set, '192.0.2.2')]);
    expect(calls).toEqual([
      {
        program: 'ipset',
        args: ['-'],
        input:
          'add blacklist 192.0.2.1 timeout 600 -exist\nlist -o x0\n' +
          'add blacklist 192.0.2.2 -exist\nlist -o x1\n',
      },
    ]);
  });

  it('deletions before additions of one run, and another run where they come after', async () => {
    const { run, calls } = recordingRun();
    const backend = createIpsetProcessBackend({ run });
    await backend.apply([del(set, '192.0.2.1'), add(set, '192.0.2.2'), del(set, '192.0.2.2')]);
    expect(calls.map(({ input }) => input)).toEqual([
      'del blacklist 192.0.2.1\nlist -o x0\nadd blacklist 192.0.2.2 -exist\nlist -o x1\n',
      'del blacklist 192.0.2.2\nlist -o x2\n',
    ]);
  });

  it('nothing but set names, canonical addresses and whole numbers', async () => {
    const { run, calls } = recordingRun();
    const backend = createIpsetProcessBackend({ run });
    const line =
      /^(?:add|del) [\w.:@/+-]{1,31} [0-9a-f:.]+(?:\/\d+)?(?: timeout \d+)?(?: -exist)?$/;
    await backend.apply([
      add(set, '2001:DB8:0::1', 0),
      add(set, '192.0.2.1', Number.NaN),
      add(set, '192.0.2.1', '5\nflush' as unknown as number),
      add(set, '192.0.2.1', -1),
      add(set, '192.0.2.1', 1e21),
      del(set, '192.0.2.1'),
    ]);
    const lines = calls
      .flatMap(({ input = '' }) => input.split('\n'))
      .filter((text) => text !== '');
    expect(lines).toHaveLength(4);
    for (const text of lines) expect(text).toMatch(/^list -o x\d+$|^(?:add|del) /);
    for (const text of lines.filter((text) => !text.startsWith('list'))) {
      expect(text).toMatch(line);
    }
    expect(calls.every(({ args }) => args.join(' ') === '-')).toBe(true);
  });

  it('a checked command line when it creates a set, without -exist', async () => {
    const { run, calls } = recordingRun();
    const backend = createIpsetProcessBackend({ run, program: '/sbin/ipset' });
    await backend.create({ ...hashIp, family: 'ipv6', defaultTimeoutSeconds: 0, maxEntries: 9 });
    await backend.create({ ...hashIp, type: 'bitmap:ip', range: '192.0.2.77/24' });
    expect(calls.map(({ program, args }) => [program, ...args].join(' '))).toEqual([
      '/sbin/ipset create blacklist hash:ip family inet6 timeout 0 maxelem 9',
      '/sbin/ipset create blacklist bitmap:ip range 192.0.2.0-192.0.2.255',
    ]);
  });

  it('no command line at all for a range, type or number that is none', async () => {
    const { run, calls } = recordingRun();
    const backend = createIpsetProcessBackend({ run });
    const bitmap = { ...hashIp, type: 'bitmap:ip' } as const;
    for (const spec of [
      { ...bitmap, range: '192.0.2.0/24 -exist' },
      { ...bitmap, range: '192.0.2.0-192.0.2.9-192.0.2.99' },
      { ...bitmap, range: 'localhost' },
      { ...bitmap, range: '192.0.2.9-192.0.2.1' },
      { ...bitmap, range: '192.0.2.0/25-192.0.2.255' },
      { ...bitmap, range: '192.0.2.0/24', maxEntries: 5 },
      { ...bitmap, family: 'ipv6', range: '2001:db8::/120' } as const,
      { ...hashIp, range: '192.0.2.0/24' },
      { ...hashIp, type: '-exist' as 'hash:ip' },
      { ...hashIp, defaultTimeoutSeconds: 2_147_484 },
      { ...hashIp, maxEntries: 0 },
    ]) {
      await expect(backend.create(spec)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    expect(calls).toEqual([]);
  });

  it('no prefix into a set of single addresses, looking once at each set that prefixes go to', async () => {
    const { run, calls } = recordingRun();
    const backend = createIpsetProcessBackend({ run });
    const reports = await backend.apply([
      add(set, '192.0.2.0/24'),
      add(set, '192.0.2.7'),
      del(set, '198.51.100.0/24'),
      add(set, '2001:db8::/32'),
    ]);
    expect(verdicts(reports)).toEqual([
      'prefix-unsupported',
      'applied',
      'prefix-unsupported',
      'wrong-family',
    ]);
    expect(calls.map(({ args }) => args)).toEqual([['list', '-t', 'blacklist'], ['-']]);
  });
});

describe('the ipset backend reads', () => {
  it('the verdict of each change from what stands before its marker', async () => {
    const { run } = recordingRun((line) =>
      line.includes('192.0.2.2')
        ? 'Hash is full, cannot add more elements'
        : line.startsWith('del')
          ? "Element cannot be deleted from the set: it's not added"
          : '',
    );
    const backend = createIpsetProcessBackend({ run });
    const reports = await backend.apply([
      del(set, '192.0.2.1'),
      add(set, '192.0.2.2'),
      add(set, '192.0.2.3'),
      add(set, '192.0.2.2'),
    ]);
    expect(verdicts(reports)).toEqual(['unchanged', 'set-full', 'applied', 'set-full']);
  });

  it.each([
    [
      "Syntax error: '2147484' is out of range 0-2147483",
      'unstorable',
      'more than 2147483 seconds',
    ],
    ['Kernel error received: set type not supported', 'unavailable', 'not available'],
    ['Kernel error received: Operation not permitted', 'permission-denied', 'CAP_NET_ADMIN'],
    ['Something\u001b[2J new', 'unknown', 'Something\\x1b[2J new'],
    ['Set cannot be created: set with the same name already exists', 'unknown', 'and said: Set'],
  ])('"%s" as %s', async (words, fault, detail) => {
    const { run } = recordingRun((line) => (line === '' ? '' : words));
    const [report] = await createIpsetProcessBackend({ run }).apply([add(set, '192.0.2.1')]);
    expect(report).toMatchObject({ fault, detail: expect.stringContaining(detail) });
  });

  it('a hint or a warning beside the error as what it is', async () => {
    const stderr =
      "Warning: Kernel support protocol versions 6-7\nipset v7.17: Syntax error: unknown output mode 'x0'\n" +
      "ipset v7.17: Hash is full, cannot add more elements\nTry `ipset help' for more information.\n" +
      "ipset v7.17: Syntax error: unknown output mode 'x1'\n";
    const backend = createIpsetProcessBackend({ run: answering({ code: 0, stderr }) });
    const reports = await backend.apply([add(set, '192.0.2.1'), add(set, '192.0.2.2')]);
    expect(verdicts(reports)).toEqual(['applied', 'set-full']);
  });

  it('no verdict into what ipset did not come to, and says how it ended', async () => {
    const stderr = "ipset v7.17: Syntax error: unknown output mode 'x0'\n";
    const changes = [add(set, '192.0.2.1'), add(set, '192.0.2.2')];
    const killed = createIpsetProcessBackend({ run: answering({ code: null, stderr }) });
    expect(await killed.apply(changes)).toEqual([
      { outcome: 'applied' },
      {
        outcome: 'failed',
        fault: 'unknown',
        detail: 'no verdict on 192.0.2.2 in set blacklist: ipset was killed by a signal',
      },
    ]);
    const ended = createIpsetProcessBackend({ run: answering({ code: 139 }) });
    expect((await ended.apply(changes))[1]).toMatchObject({
      detail: expect.stringContaining('exit code 139'),
    });
    const locked = answering({ stderr: 'ipset v7.17: Cannot open session to kernel.\n' });
    const unavailable = await createIpsetProcessBackend({ run: locked }).apply(changes);
    expect(verdicts(unavailable)).toEqual(['unavailable', 'unavailable']);
  });

  it('the description of a set', async () => {
    const backend = createIpsetProcessBackend({ run: answering({ code: 0, stdout: HEADER }) });
    expect(await backend.inspect(set)).toEqual({
      set,
      type: 'hash:ip',
      family: 'ipv4',
      defaultTimeoutSeconds: 600,
      maxEntries: 65536,
      entries: 5,
      references: 1,
      identity: '0x259abafa',
    });
  });

  it('that a set evicts and has comments, where ipset says so', async () => {
    const stdout = HEADER.replace('timeout 600', 'timeout 600 comment forceadd');
    const backend = createIpsetProcessBackend({ run: answering({ code: 0, stdout }) });
    expect(await backend.inspect(set)).toMatchObject({
      comments: true,
      evicts: true,
      identity: '0x259abafa',
    });
  });

  it('a description without a type as a failure, not as a set', async () => {
    const backend = createIpsetProcessBackend({ run: answering({ code: 0, stdout: 'Name: x\n' }) });
    await expect(backend.inspect(set)).rejects.toMatchObject({ code: 'BACKEND_FAILED' });
  });
});

describe('the ipset backend says what to do', () => {
  it('when the program is missing', async () => {
    const backend = createIpsetProcessBackend({ run: missingProgram });
    const error = {
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining('apt install ipset'),
    };
    await expect(backend.inspect(set)).rejects.toMatchObject(error);
    await expect(listMembers(backend, set)).rejects.toMatchObject(error);
    await expect(backend.create(hashIp)).rejects.toMatchObject(error);
    const changes = [add(set, '192.0.2.1'), add(set, '192.0.2.0/24')];
    const reports = await backend.apply(changes);
    expect(verdicts(reports)).toEqual(['unavailable', 'unavailable']);
    expect(reports[0]).toMatchObject({ detail: expect.stringContaining('apt install ipset') });
  });

  it('when the program cannot be started for another reason', async () => {
    const run: Run = () => Promise.reject(Object.assign(new Error(), { code: 'EACCES' }));
    const backend = createIpsetProcessBackend({ run, program: '/opt/ipset' });
    await expect(backend.inspect(set)).rejects.toThrow(
      'the program /opt/ipset could not be started (EACCES)',
    );
  });

  it('when the kernel lacks the set type', async () => {
    const stderr = 'ipset v7.17: Kernel error received: set type not supported\n';
    const backend = createIpsetProcessBackend({ run: answering({ stderr }) });
    await expect(backend.create(hashIp)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining('modprobe'),
    });
  });

  it('when the looked-at set cannot be read, to every prefix that goes there', async () => {
    const failing = createIpsetProcessBackend({ run: answering({ stderr: 'ipset v7.17: Odd\n' }) });
    expect(verdicts(await failing.apply([add(set, '192.0.2.0/24')]))).toEqual(['unknown']);
  });

  it('and passes on what is no failure of ipset', async () => {
    const broken = { ...add(set, '192.0.2.0/24'), address: undefined as unknown as Address };
    const backend = createIpsetProcessBackend({ run: recordingRun().run });
    await expect(backend.apply([broken])).rejects.toThrow(TypeError);
    await expect(backend.close()).resolves.toBeUndefined();
  });
});
