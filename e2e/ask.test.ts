import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  connectNamespaces,
  createNamespace,
  ownNamespace,
  startMosquitto,
  suiteNeeding,
  waitFor,
  type Mosquitto,
  type Namespace,
  type RunningProcess,
} from '@vallum/test-kit';
import { runVallumPub, startVallumd } from './support/programs.js';

/** In place of a moment, as long as that. */
const WHEN = 'YYYY-MM-DD hh:mm:ss UTC';

/** Each firewall has a network of its own to the hub, where the broker runs and bans come from. */
const FIREWALLS = ['fw1', 'fw2', 'fw3', 'fw4'] as const;
type Name = (typeof FIREWALLS)[number];

suiteNeeding(['ipset', 'iproute', 'mosquitto'], 'four firewalls that are asked', () => {
  const spaces = new Map<Name, Namespace>();
  const daemons = new Map<Name, RunningProcess>();
  let broker: Mosquitto;

  const inside = (name: Name): Namespace => {
    const space = spaces.get(name);
    if (space === undefined) throw new Error(name);
    return space;
  };
  const start = async (name: Name, ...more: readonly string[]) => {
    const hub = `10.82.${name.slice(2)}.1`;
    const daemon = await startVallumd(
      [...['-h', hub, '-p', String(broker.port), '-t', 'blacklist', '--node', name], ...more],
      { namespace: inside(name) },
    );
    daemons.set(name, daemon);
    await daemon.waitForOutput(/listening to blacklist\/#/);
  };
  const pub = async (...args: readonly string[]) => {
    const at = ['-h', 'localhost', '-p', String(broker.port), '--set', 'blacklist', '--utc'];
    const { code, stdout, stderr } = await runVallumPub([...args, ...at]);
    // What differs from run to run.
    const same = (text: string) =>
      text
        .replaceAll(`:${String(broker.port)}`, ':PORT')
        .replace(/[\d,]+ ms/g, 'N ms')
        .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, WHEN);
    return { code, stdout: same(stdout), stderr: same(stderr) };
  };

  beforeAll(async () => {
    broker = await startMosquitto();
    for (const name of FIREWALLS) {
      const space = await createNamespace(name);
      spaces.set(name, space);
      const net = `10.82.${name.slice(2)}`;
      await connectNamespaces(ownNamespace, space, {
        left: [`${net}.1/24`],
        right: [`${net}.2/24`],
      });
      const room = name === 'fw3' ? ['maxelem', '1'] : [];
      await space.exec('ipset', ['create', 'blacklist', 'hash:ip', 'timeout', '0', ...room]);
    }
    await inside('fw3').exec('ipset', ['add', 'blacklist', '198.51.100.99']);
    await start('fw1');
    await start('fw2', '--protect', '203.0.113.0/24');
    await start('fw3');
  }, 60_000);
  afterAll(async () => {
    await Promise.all([...daemons.values()].map((daemon) => daemon.kill('SIGKILL')));
    await broker.stop();
    await Promise.all([...spaces.values()].map((space) => space.remove()));
  });

  it('say that all of them ban, and how long it took', async () => {
    const ban = ['add', '192.0.2.7', '--origin', 'web1.sshd', '--timeout', '1h', '--confirm=2'];
    expect(await pub(...ban)).toEqual({
      code: 0,
      stdout:
        'sent 1 ban to blacklist/add, for 1h (confirmed by localhost:PORT)\n' +
        'banned on 2 of 3 firewalls in N ms (2 are enough)\n',
      stderr: '',
    });
    expect(await pub('del', '192.0.2.7', '--confirm')).toEqual({
      code: 0,
      stdout:
        'sent 1 unban to blacklist/del (confirmed by localhost:PORT)\n' +
        'lifted on 3 of 3 firewalls in N ms\n',
      stderr: '',
    });
  });

  it('say who does not ban, and why not', async () => {
    const ban = ['add', '203.0.113.7', '--origin', 'web1.sshd', '--reason', 'ssh, again'];
    const found = await pub(...ban, '--timeout', '1h', '--confirm', '--wait', '2');
    expect(found).toEqual({
      code: 73,
      stdout: 'sent 1 ban to blacklist/add, for 1h (confirmed by localhost:PORT)\n',
      stderr:
        'vallum-pub: only banned on 1 of 3 firewalls within N ms\n' +
        'vallum-pub: fw2: does not ban 203.0.113.7: protected: 203.0.113.7 overlaps 203.0.113.0/24, protected (protect list)\n' +
        'vallum-pub: fw3: not yet for 203.0.113.7: set blacklist is full\n',
    });
  });

  it('are told apart by why: who bans, who protects, who is full, who is behind', async () => {
    // It comes when the ban is over, and gets nothing from the others.
    await start('fw4', '--no-repair');
    expect(await pub('why', '203.0.113.7')).toEqual({
      code: 0,
      stdout: [
        '203.0.113.7 is blocked on 1 of 4 firewalls: they do not agree',
        'node  state      ban          who        until                    why',
        `fw1   blocked    203.0.113.7  web1.sshd  ${WHEN}  ssh, again`,
        `fw2   protected  203.0.113.7  web1.sshd  ${WHEN}  ssh, again`,
        `fw3   pending    203.0.113.7  web1.sshd  ${WHEN}  ssh, again`,
        'fw4   unknown',
        'fw2: 203.0.113.0/24 cannot be banned there: protect list',
        'fw3: 203.0.113.7 is pending: set blacklist is full',
        '',
      ].join('\n'),
      stderr: '',
    });
    const { stdout } = await pub('why', '203.0.113.7', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ result: 'ok', address: '203.0.113.7', agreement: 'disagree', knownBy: 'statuses' },
      ...{ missing: [], down: [] },
      nodes: [
        {
          ...{ node: 'fw1', blocked: true, enforces: true },
          bans: [{ set: 'blacklist', state: 'enforced', leases: [{ origin: 'web1.sshd' }] }],
        },
        { node: 'fw2', blocked: false, protected: { address: '203.0.113.0/24' } },
        { node: 'fw3', blocked: false, bans: [{ state: 'pending' }] },
        { node: 'fw4', blocked: false, bans: [] },
      ],
    });
  });

  it('agree on what was lifted, and on what nobody knows', async () => {
    await pub('del', '203.0.113.7', '--confirm');
    const lifted = await pub('why', '203.0.113.7');
    expect(lifted.stdout).toMatch(/^203\.0\.113\.7 is not blocked on any of 4 firewalls/);
    expect(lifted.stdout).toMatch(
      /^fw1 +over +203\.0\.113\.7 +\(anonymous\) +lifted YYYY-MM-DD hh:mm:ss UTC$/m,
    );
    const { code, stdout } = await pub('why', '2001:db8::99');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^2001:db8::99 is not blocked on any of 4 firewalls\n/);
  });

  it('are named as missing while they are up and silent, and as down afterwards', async () => {
    const fw4 = daemons.get('fw4');
    if (fw4?.pid === undefined) throw new Error('fw4 does not run');
    process.kill(fw4.pid, 'SIGSTOP');
    try {
      const silent = await pub('add', '192.0.2.9', '--confirm=3', '--wait', '2');
      expect(silent.code).toBe(73);
      expect(silent.stderr).toMatch(/banned on 2 of 4 firewalls within N ms \(--confirm=3\)/);
      expect(silent.stderr).toMatch(/no answer: fw4\n/);
      const why = await pub('why', '192.0.2.9', '--wait', '1');
      expect(why.stdout).toMatch(/^no answer: fw4 \(up, by their statuses\)$/m);
    } finally {
      process.kill(fw4.pid, 'SIGCONT');
    }
    await fw4.kill('SIGKILL');
    await waitFor(
      async () => /^not up, by their statuses: fw4$/m.test((await pub('why', '192.0.2.9')).stdout),
      {
        what: 'the last will of fw4',
      },
    );
  });

  it('prove the path to vallum-pub doctor', async () => {
    const { stdout } = await pub('doctor', '-v');
    expect(stdout).toMatch(/3 nodes answered in N ms: fw1, fw2, fw3/);
  });
});
