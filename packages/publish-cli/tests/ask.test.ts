import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startMosquitto, suiteNeeding, temporaryFolder, type Mosquitto } from '@vallum/test-kit';
import { startFakeNode, wellBehaved, type FakeAnswer, type FakeNodeOptions } from './fake-node.js';
import { vallumPub } from './vallum-pub.js';

interface Confirmation {
  readonly confirmed: boolean;
  readonly done: readonly string[];
  readonly missing: readonly string[];
  readonly undone: readonly { node: string; lacks: number }[];
  readonly trouble?: string;
}

suiteNeeding(['mosquitto'], 'vallum-pub that asks', () => {
  let broker: Mosquitto;
  let nodes: { close(): Promise<void> }[];
  beforeEach(() => {
    nodes = [];
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await broker.stop();
  });
  const open = async (options: Parameters<typeof startMosquitto>[0] = {}) => {
    broker = await startMosquitto(options);
  };
  const node = async (name: string, options: Partial<FakeNodeOptions> = {}) => {
    const started = await startFakeNode({ port: broker.port, name, ...options });
    nodes.push(started);
    return started;
  };
  const pub = (...args: readonly string[]) =>
    vallumPub([
      ...[...args, '-h', '127.0.0.1', '-p', broker.port.toString(), '--set', 'blacklist'],
      ...['--wait', '2', '--config', '/dev/null'],
    ]);
  const confirm = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await pub('add', '192.0.2.7', '--json', ...args);
    const last = JSON.parse(stdout) as { result: string; confirmation?: Confirmation };
    return { code, stderr, result: last.result, confirmation: last.confirmation };
  };

  describe('whether it is done', () => {
    it('says how many have it, and how long that took', async () => {
      await open();
      const fw1 = await node('fw1');
      await node('fw2');
      const { code, stdout, stderr } = await pub('add', '192.0.2.7', '--confirm');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^sent 1 ban .*\nbanned on 2 of 2 firewalls in \d+ ms\n$/);
      // Of this very request, though the address went bare but for it.
      const [question] = fw1.asked.filter(({ kind }) => kind === 'held');
      expect(Math.abs((question?.stampMs ?? 0) - Date.now())).toBeLessThan(60_000);
      expect(question).toMatchObject({ addresses: [{ text: '192.0.2.7' }] });
    });

    it('asks with an unban whether it is gone', async () => {
      await open();
      const fw1 = await node('fw1');
      const { code, stdout } = await pub('del', '192.0.2.7', '--confirm', '--origin', 'web1');
      expect(code).toBe(0);
      expect(stdout).toMatch(/\nlifted on 1 of 1 firewall in \d+ ms\n$/);
      expect(fw1.asked.find(({ kind }) => kind === 'gone')).toMatchObject({ origin: 'web1' });
    });

    it('misses a firewall that is up by its status, and not one that is down', async () => {
      await open();
      await node('fw1');
      await node('fw2', { answer: () => [] });
      await node('fw3', { answer: () => [], status: '{"state":"offline"}' });
      await node('other', { answer: () => [], status: '{"state":"online","sets":[{"set":"x"}]}' });
      const { code, result, stderr, confirmation } = await confirm('--confirm');
      expect({ code, result }).toEqual({ code: 73, result: 'not-everywhere' });
      expect(confirmation).toMatchObject({ confirmed: false, done: ['fw1'], missing: ['fw2'] });
      expect(stderr).toMatch(/only banned on 1 of 2 firewalls/);
      expect(stderr).toMatch(/no answer: fw2\n/);
      expect(stderr).toMatch(/not up, by their statuses: fw3\n/);
    });

    it('is content with as many as it was told', async () => {
      await open();
      await node('fw1');
      await node('fw2', { answer: () => [] });
      expect(await confirm('--confirm=1')).toMatchObject({ code: 0, stderr: '' });
      expect((await confirm('--confirm=2')).code).toBe(73);
    });

    it('does not count a keeper, and waits for none', async () => {
      await open();
      await node('fw1');
      await node('keeper', {
        answer: (question) =>
          wellBehaved(question).map((one) => ({ ...(one as object), enforces: false })),
      });
      expect(await confirm('--confirm')).toMatchObject({
        ...{ code: 0, confirmation: { done: ['fw1'], remembering: ['keeper'] } },
      });
      expect((await confirm('--confirm=2')).code).toBe(73);
    });

    it('finds out who is there where statuses are not shown', async () => {
      await open();
      await node('fw1', { status: undefined });
      await node('fw2', { status: undefined });
      const { code, stdout } = await pub('add', '192.0.2.7', '--confirm');
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /banned on 2 of 2 firewalls in \d+ ms; the broker does not show which/,
      );
    });

    it('says that nobody has answered', async () => {
      await open();
      await node('fw1', { answer: () => [], status: undefined });
      const { code, stderr } = await confirm('--confirm');
      expect(code).toBe(73);
      expect(stderr).toMatch(/no firewall has answered/);
    });

    it.each([5, 4] as const)('bans over MQTT %d also where it may not ask', async (maxProtocol) => {
      const acl = join(temporaryFolder(), 'acl');
      await writeFile(acl, 'user web1\ntopic write blacklist/add\nuser fw1\ntopic readwrite #\n');
      await open({ users: { web1: 'x', fw1: 'x' }, maxProtocol, config: `acl_file ${acl}` });
      const fw1 = await node('fw1', { username: 'fw1' });
      const { code, confirmation, stderr } = await confirm('--confirm', '-u', 'web1', '-P', 'x');
      expect(code).toBe(73);
      expect(confirmation?.confirmed).toBe(false);
      expect(stderr).toMatch(
        maxProtocol === 5 ? /no firewall could be asked for it/ : /no firewall has answered/,
      );
      expect(fw1.asked).toEqual([]);
    });

    it('asks about a list in pieces, by origin and time', async () => {
      await open();
      const fw1 = await node('fw1');
      const list = Array.from({ length: 2_300 }, (_, at) => `10.1.${at >> 8}.${at & 255}`);
      const other = '192.0.2.1 origin web2 at 1795420000125';
      const file = join(temporaryFolder(), 'list');
      await writeFile(file, [...list, other, ''].join('\n'));
      const { code, stdout } = await pub('add', '-f', file, '--confirm');
      expect(code).toBe(0);
      expect(stdout).toMatch(/2,301 addresses banned on 1 of 1 firewall in/);
      const held = fw1.asked.filter(({ kind }) => kind === 'held');
      const sizes = held.map(({ addresses }) => addresses.length).sort((a, b) => a - b);
      expect(sizes.at(-1)).toBeLessThanOrEqual(1_000);
      expect(sizes.reduce((sum, size) => sum + size)).toBe(2_301);
      expect(held).toContainEqual(
        expect.objectContaining({
          ...{ origin: 'web2', stampMs: 1795420000125, addresses: [expect.anything()] },
        }),
      );
    });

    it('names of a list what a firewall lacks, and how much', async () => {
      await open();
      await node('fw1', {
        answer: (question) =>
          question.kind === 'held'
            ? [
                {
                  kind: 'held',
                  count: question.addresses.length - 5,
                  exceptions: [{ address: '10.0.0.1', state: 'refused', code: 'protected' }],
                },
              ]
            : wellBehaved(question),
      });
      const list = Array.from({ length: 1_500 }, (_, at) => `10.1.${at >> 8}.${at & 255}`);
      const file = join(temporaryFolder(), 'list');
      await writeFile(file, list.join('\n'));
      const { code, stderr } = await pub('add', '-f', file, '--confirm');
      expect(code).toBe(73);
      expect(stderr).toMatch(/fw1: does not ban 10\.0\.0\.1: protected\n/);
      expect(stderr).toMatch(/fw1: and \d+ more\n/);
    });

    it('takes no other word for a number of firewalls', async () => {
      await open();
      for (const count of ['0', '-1', 'many', '1.5']) {
        const { code, stderr } = await pub('add', '192.0.2.7', `--confirm=${count}`);
        expect([count, code]).toEqual([count, 64]);
        expect(stderr).toMatch(/--confirm=3/);
      }
    });
  });

  describe('answers that lie', () => {
    const garbage: FakeAnswer[] = [
      ...['', '{', 'null', '[]', '{"v":1}', '\u0000\u001b[2J'],
      new Uint8Array(70_000).fill(0x5b),
      { kind: 'held', count: -1, exceptions: [] },
      { kind: 'held', count: 1, exceptions: 'none' },
      { kind: 'why', blocked: 'yes', bans: [] },
      { from: 'fw\u001b[2J', kind: 'held', count: 1, exceptions: [] },
      { from: '../../x', kind: 'held', count: 1, exceptions: [] },
      { id: '0000000000000000', kind: 'held', count: 1, exceptions: [] },
      { kind: 'gone', count: 1, exceptions: [] },
    ];

    it('and are none are passed over', async () => {
      await open();
      await node('fw1', { answer: (question) => [...garbage, ...wellBehaved(question)] });
      expect(await confirm('--confirm')).toMatchObject({
        ...{ code: 0, confirmation: { done: ['fw1'], undone: [] } },
      });
    });

    it('in the name of another confirm nothing', async () => {
      await open();
      await node('fw1');
      await node('fw2', { answer: () => [] });
      await node('liar', {
        status: undefined,
        answer: ({ kind }) =>
          kind === 'held' ? [{ from: 'fw1', kind, count: 0, exceptions: [] }] : [],
      });
      const { code, confirmation, stderr } = await confirm('--confirm');
      expect(code).toBe(73);
      expect(confirmation).toMatchObject({ done: [], undone: [{ node: 'fw1', isDoubtful: true }] });
      expect(stderr).toMatch(/fw1: two answers that differ came in its name\n/);
    });

    it('with what drives a terminal are shown escaped', async () => {
      await open();
      const evil = '\u001b]0;x\u0007\u202efw\r\n';
      await node('fw1', {
        answer: ({ kind }) =>
          kind === 'why'
            ? [
                {
                  ...{ kind, blocked: false, protected: { address: evil, because: evil } },
                  bans: [
                    {
                      ...{ set: evil, address: evil, relation: 'same', state: 'refused' },
                      ...{ code: evil, detail: evil },
                      leases: [{ kind: 'lease', origin: evil, stampMs: 1, reason: evil }],
                    },
                  ],
                },
              ]
            : [{ kind, count: 0, exceptions: [{ address: evil, state: 'refused', detail: evil }] }],
      });
      const why = await pub('why', '192.0.2.7');
      expect(why.code).toBe(0);
      const add = await pub('add', '192.0.2.7', '--confirm');
      for (const text of [why.stdout, add.stderr]) {
        expect(text).toContain('\\x1b');
        // eslint-disable-next-line no-control-regex
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
      }
      expect(
        add.stderr
          .trimEnd()
          .split('\n')
          .every((line) => line.startsWith('vallum-pub: ')),
      ).toBe(true);
    });
  });

  describe('why', () => {
    it('ends with 68 where nobody answers, and with 77 where it may not ask', async () => {
      const acl = join(temporaryFolder(), 'acl');
      await writeFile(acl, 'topic readwrite vallumd/#\n');
      await open({ config: `acl_file ${acl}` });
      expect(await pub('why', '192.0.2.7')).toMatchObject({
        ...{ code: 77, stdout: '', stderr: expect.stringContaining('must let this user write') },
      });
      await broker.stop();
      await open();
      expect(await pub('why', '192.0.2.7')).toMatchObject({
        ...{ code: 68, stdout: '', stderr: expect.stringContaining('no firewall has answered') },
      });
      const { stdout } = await pub('why', '192.0.2.7', '--json');
      expect(JSON.parse(stdout)).toMatchObject({ result: 'unanswered', nodes: [] });
    });

    it.each([
      ['64 without an address', 64, ['why']],
      ['64 for two', 64, ['why', '192.0.2.1', '192.0.2.2']],
      ['64 for what is no address', 64, ['why', 'localhost']],
      ['64 for an option of add', 64, ['why', '192.0.2.1', '--reason', 'x']],
    ])('ends with %s', async (_what, code, args) => {
      await open();
      expect((await pub(...args)).code).toBe(code);
    });

    it('listens under its user name', async () => {
      const acl = join(temporaryFolder(), 'acl');
      await writeFile(
        acl,
        'user web1\ntopic write blacklist/ask\ntopic read vallumd/reply/web1\n' +
          'user fw1\ntopic readwrite #\n',
      );
      await open({ users: { web1: 'x', fw1: 'x' }, config: `acl_file ${acl}` });
      const fw1 = await node('fw1', { username: 'fw1' });
      const { code, stdout } = await pub('why', '192.0.2.7', '-u', 'web1', '-P', 'x');
      expect(code).toBe(0);
      expect(fw1.asked).toMatchObject([{ reply: 'vallumd/reply/web1', kind: 'why' }]);
      expect(stdout).toMatch(/blocked on 1 of 1 firewall\n/);
      expect(stdout).toMatch(/the broker shows no statuses/);
    });
  });
});
