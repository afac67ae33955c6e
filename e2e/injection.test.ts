import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  createNamespace,
  freePort,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  type Mosquitto,
  type Namespace,
  type RunningProcess,
} from '@vallum/test-kit';
import { members } from './support/kernel-set.js';
import { mosquittoPub } from './support/mosquitto-clients.js';
import { runVallumPub, startVallumd } from './support/programs.js';
import { prepareTrace, type Trace } from './support/trace.js';

jest.setTimeout(20_000);

/** Made by whoever runs a piece of a message as a command. */
const witness = join(temporaryFolder(), 'witness');
const TOUCH = `$(touch ${witness})`;
const PRINTABLE = /^[\x20-\x7e…→]+$/;
const LOG_LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ (warning: |error: )?[\x20-\x7e…→]+$/;

/** What is sent, and what of it may come true; whatever else it says is refused, line by line. */
interface Attack {
  readonly topic?: string;
  readonly payload: string | Uint8Array;
  readonly bans?: readonly string[];
  readonly refusals: number;
}

function json(entry: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ address: '192.0.2.66', ...entry });
}

const refused = (payload: string | Uint8Array): Attack => ({ payload, refusals: 1 });

const ATTACKS: readonly Attack[] = [
  ...[
    '192.0.2.66 -exist',
    '-exist 192.0.2.66',
    '192.0.2.66; flush inj',
    '192.0.2.66 timeout 600 -exist',
    '192.0.2.66 timeout 600;flush',
    '192.0.2.66/24 && ipset flush',
    `192.0.2.66 ${TOUCH}`,
    TOUCH,
    `\`touch ${witness}\``,
    `|touch ${witness}`,
    `192.0.2.66 && touch ${witness}`,
    '"192.0.2.66"',
    "'192.0.2.66'",
    '192.0.2.66 reason "a" flush',
    '192.0.2.66 reason "unclosed',
    '192.0.2.66 origin web1;flush',
    '192.0.2.66 origin -exist',
    '\u001b[2J\u001b]0;owned\u0007192.0.2.66',
    '192.0.2.66\u009b31m',
    '192.0.2.66 reason "\u001b[31mred"',
    '\u202e192.0.2.66',
    '192.0.2.66\u200b',
    '\ufeff192.0.2.66',
    '192.0.2.66\u2028flush inj',
    '192.0.2.66\u0085flush inj',
    '192.0.2.66\vflush inj',
    'localhost',
  ].map(refused),
  refused(Buffer.from('192.0.2.66\0flush inj')),
  refused(Buffer.from([0x9b, 0x33, 0x31, 0x6d])),
  { payload: '192.0.2.1\nflush inj\ndel inj 192.0.2.1', bans: ['192.0.2.1'], refusals: 2 },
  { payload: '192.0.2.2\r\nadd shadow 192.0.2.66\r\n', bans: ['192.0.2.2'], refusals: 1 },
  { payload: '192.0.2.3\rflush inj', refusals: 1 },
  {
    payload: `192.0.2.4 reason "; flush inj \\"-exist\\" ${TOUCH} \\\\n"`,
    bans: ['192.0.2.4'],
    refusals: 0,
  },
  {
    payload: json({
      address: '192.0.2.5',
      reason: `'; flush \`touch ${witness}\``,
      origin: 'web1',
    }),
    bans: ['192.0.2.5'],
    refusals: 0,
  },
  ...['a\nflush inj', '\u001b[2J', 'a\u0000b', '\u202egnol', 'a\u2028b', '\u009b1m'].map((reason) =>
    refused(json({ reason })),
  ),
  ...['web1\nflush', 'web1; flush', '-exist', TOUCH, '"', '\u001b[2J', '../../etc', ''].map(
    (origin) => refused(json({ origin })),
  ),
  ...['192.0.2.66\n', '192.0.2.66 -exist', '192.0.2.66/24;', '\u001b[2J', '192.0.2.66\u0000'].map(
    (address) => refused(json({ address })),
  ),
  refused(json({ timeout: '600; flush' })),
  refused(json({ '\u001b[2J\nflush': 1 })),
  {
    payload: `192.0.2.6 origin web1 reason "; flush inj" x-note "; flush inj \\"-exist\\"" x-touch "${TOUCH}"`,
    bans: ['192.0.2.6'],
    refusals: 0,
  },
  ...['at 1795416400000;flush', 'at -exist', 'x-note', 'x-note "a'].map((words) =>
    refused(`192.0.2.66 ${words}`),
  ),
  ...[
    'inj/lease/web1/192.0.2.66',
    'inj/; flush inj',
    `inj/${TOUCH}`,
    'inj/"add"',
    "inj/'add'",
    'inj/add ',
    'inj/ add',
    'inj/-exist',
    'inj/\u202eadd',
    'inj/add\u200b',
    'inj/../add',
    'inj//add',
  ].map((topic) => ({ topic, payload: '192.0.2.66', refusals: 1 })),
];

/** The look at the firewall's rules, which takes no word from anywhere. */
function asksForRules(program: string, argv: readonly string[]): boolean {
  const [name = '', ...words] = argv;
  if (/\/(sh|dash|bash|busybox)$/.test(program)) return asksTogether([name, ...words]);
  return program.endsWith(`/${name}`) && listsRules(name, words.join(' '));
}

function listsRules(name: string, words: string): boolean {
  return name === 'nft'
    ? ['-j -t list ruleset', '-a -t list ruleset'].includes(words)
    : /^ip6?tables(-legacy|-nft)?-save$/.test(name) && words === '';
}

/** A shell of which vallumd has written each line, and that only runs what lists rules. */
function asksTogether(argv: readonly string[]): boolean {
  const [program, option, script = '', mark = '', ...more] = argv;
  if (program !== 'sh' || option !== '-c' || more.length > 0) return false;
  const [first, ...lines] = script.split('\n');
  return (
    first === `end() { printf '\\n%s %s\\n' "$0" "$1"; printf '\\n%s %s\\n' "$0" "$1" >&2; }` &&
    /^[0-9a-f]{32}$/.test(mark) &&
    lines.every((line) => {
      const [, name = '', said = ''] =
        /^if command -v ([\w-]+) >\/dev\/null; then \1([ \w-]*) <\/dev\/null; end \$\?; else end absent; fi$/.exec(
          line,
        ) ?? [];
      return listsRules(name, said.trim());
    })
  );
}

suiteNeeding(
  ['ipset', 'iproute', 'mosquitto', 'mosquitto-clients', 'strace'],
  'what comes from the network',
  () => {
    let firewall: Namespace;
    let broker: Mosquitto;
    let trace: Trace;
    let vallumd: RunningProcess;
    /** Hears the same, speaks netlink, and logs JSON. */
    let shadow: RunningProcess;
    let outputAtStart: number;

    const banned = (node: RunningProcess, address: string) =>
      node.waitForOutput(new RegExp(`\\bbanned ${address.replaceAll('.', '\\.')} `));

    beforeAll(async () => {
      firewall = await createNamespace('injection');
      broker = await startMosquitto({ namespace: firewall });
      for (const set of ['inj', 'shadow']) {
        await firewall.exec('ipset', ['create', set, 'hash:net', 'timeout', '0', 'comment']);
      }
      trace = prepareTrace();
      // Every line is looked at, and comes from a message.
      const all = ['--log-entries', 'all', '--no-repair'];
      const args = ['-h', '127.0.0.1', '-p', String(broker.port), ...all];
      // The program is what text could reach; its shadow speaks netlink.
      const program = ['--backend', 'ipset-process'];
      vallumd = await startVallumd([...args, '-t', 'inj', '--node', 'fw1', ...program], {
        namespace: firewall,
        under: trace.under,
      });
      shadow = await startVallumd(
        [...args, '-t', 'inj=shadow', '--node', 'fw2', '--log-format', 'json'],
        { namespace: firewall },
      );
      await vallumd.waitForOutput(/listening to inj\/#/, { timeoutMs: 20_000 });
      await shadow.waitForOutput(/listening to inj\/#/);
      outputAtStart = vallumd.stderr().length;
      for (const { topic = 'inj/add', payload } of ATTACKS) {
        await mosquittoPub(firewall, broker, topic, payload);
      }
      await mosquittoPub(firewall, broker, 'inj/add', '192.0.2.99');
      await banned(vallumd, '192.0.2.99');
      await banned(shadow, '192.0.2.99');
    }, 60_000);
    afterAll(async () => {
      await Promise.all([vallumd.kill(), shadow.kill()]);
      await broker.stop();
      await firewall.remove();
    });

    const expectedBans = [...ATTACKS.flatMap(({ bans = [] }) => bans), '192.0.2.99'];

    it('comes to the log escaped, one line for each entry', () => {
      const lines = vallumd.stderr().slice(outputAtStart).trimEnd().split('\n');
      for (const line of lines) expect(line).toMatch(LOG_LINE);
      // Refusals are told at once, bans when they are in the kernel; each of them in its order.
      const rejections = lines.filter((line) => /^\S+ \S+ \S+ warning: rejected "/.test(line));
      expect(rejections.map((line) => / \(via (inj\/\w*)[^()]*.*\)$/.exec(line)?.[1])).toEqual(
        ATTACKS.flatMap(({ topic = 'inj/add', refusals }) =>
          Array<string>(refusals).fill(/^inj\/\w*/.exec(topic)?.[0] ?? ''),
        ),
      );
      const bans = lines.filter((line) => /^\S+ \S+ \S+ banned /.test(line));
      expect(bans.map((line) => line.split(' ')[4])).toEqual(expectedBans);
      // Its own finding, not anybody's message: no rule refers to the sets of this test.
      const findings = lines.filter((line) => / warning: rules \w+: no rule refers/.test(line));
      expect(lines).toHaveLength(rejections.length + bans.length + findings.length);
    });

    it('comes to the log as JSON escaped, one object for each entry', () => {
      const lines = shadow.stderr().trimEnd().split('\n');
      for (const line of lines) expect(line).toMatch(PRINTABLE);
      const entries = lines.map((line) => JSON.parse(line) as { event: string; address?: string });
      const told = (event: string) => entries.filter((entry) => entry.event === event);
      expect(told('rejected')).toHaveLength(
        ATTACKS.reduce((sum, { refusals }) => sum + refusals, 0),
      );
      expect(told('banned')).toEqual(
        expectedBans.map((address) => expect.objectContaining({ address })),
      );
    });

    it.each(['inj', 'shadow'])(
      'changes %s by what is an address, and nothing else',
      async (set) => {
        const entries = (await members(set, firewall)).map((entry) => entry.split(' comment ')[0]);
        expect(entries.sort()).toEqual(
          expectedBans.map((address) => `${address} timeout 0`).sort(),
        );
        expect(existsSync(witness)).toBe(false);
      },
    );

    it.each(['inj', 'shadow'])(
      'stands in %s as a comment that ipset can read back',
      async (set) => {
        const entries = await members(set, firewall);
        const comment = (address: string) =>
          / comment "([^"]*)"$/.exec(
            entries.find((entry) => entry.startsWith(`${address} `)) ?? '',
          );
        expect(comment('192.0.2.4')?.[1]).toBe(`; flush inj '-exist' ${TOUCH} \\\\n`);
        expect(comment('192.0.2.5')?.[1]).toBe(`web1: '; flush \`touch ${witness}\``);
        expect(comment('192.0.2.6')?.[1]).toBe('web1: ; flush inj');
        expect(comment('192.0.2.1')).toBeNull();
        const saved = await firewall.exec('ipset', ['save', set]);
        const again = saved.replace(new RegExp(`^(create|add) ${set} `, 'gm'), '$1 again ');
        await firewall.exec('ipset', ['restore'], { input: again });
        expect((await members('again', firewall)).sort()).toEqual(entries.sort());
        await firewall.exec('ipset', ['destroy', 'again']);
      },
    );

    describe('through vallum-pub', () => {
      const run = (...args: readonly string[]) =>
        runVallumPub(['-h', '127.0.0.1', '-p', String(broker.port), '--set=inj', ...args], {
          namespace: firewall,
        });
      const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

      it.each([
        ['a line feed in', '--reason', 'a\nflush inj'],
        ['a terminal escape in', '--reason', '\u001b[2J'],
        ['a change of direction in', '--reason', '\u202egnol'],
        ['a second command in', '--origin', 'web1; flush'],
        ['an option of ipset as', '--origin', '-exist'],
        ['a line feed in', '--origin', 'web1\nflush'],
        ['a command of the shell as', '--origin', TOUCH],
        ['a terminal escape in', '--topic', 'inj\u001b[2J'],
        ['a wildcard in', '--topic', 'inj/#'],
        ['an option of ipset in', '--set', 'inj -exist'],
        ['a line feed in', '--set', 'inj\nflush'],
      ])('refuses %s %s before anything is sent', async (_what, option, value) => {
        const { code, stdout, stderr } = await run('add', '192.0.2.67', `${option}=${value}`);
        expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
        for (const line of linesOf(stderr)) expect(line).toMatch(PRINTABLE);
      });

      it('sends what is odd but printable, and it arrives as it is', async () => {
        const reason = `"; flush inj' -exist ${TOUCH} \\n`;
        expect(
          await run('add', '192.0.2.68', '--reason', reason, '--origin', 'web1'),
        ).toMatchObject({ code: 0, stderr: '' });
        await banned(vallumd, '192.0.2.68');
        await banned(shadow, '192.0.2.68');
        const line = linesOf(shadow.stderr()).find((text) => text.includes('192.0.2.68')) ?? '';
        expect(JSON.parse(line)).toMatchObject({ reason, origin: 'web1' });
        for (const text of linesOf(vallumd.stderr())) expect(text).toMatch(LOG_LINE);
      });

      it('sends of a list what is an address, and shows the rest escaped', async () => {
        const list = join(temporaryFolder(), 'list');
        await writeFile(
          list,
          [
            '# flush inj',
            '192.0.2.69',
            '192.0.2.66 -exist',
            `192.0.2.66 ${TOUCH}`,
            '192.0.2.66\0',
            '\u001b[2J192.0.2.66',
            '\u202e192.0.2.66',
            '192.0.2.66\u2028flush inj',
            '192.0.2.70 reason "; flush inj"',
            '',
          ].join('\n'),
        );
        const { code, stderr } = await run('add', '--file', list);
        expect(code).toBe(65);
        const complaints = linesOf(stderr);
        for (const line of complaints) expect(line).toMatch(PRINTABLE);
        expect(complaints.map((line) => /list:(\d+): /.exec(line)?.[1])).toEqual([
          '3',
          '4',
          '5',
          '6',
          '7',
          '8',
        ]);
        await banned(vallumd, '192.0.2.69');
        await banned(vallumd, '192.0.2.70');
        expect((await members('inj', firewall)).join('\n')).not.toContain('192.0.2.66');
      });
    });

    it('reaches no program that changes anything but ipset, and that as checked text on its standard input', async () => {
      await vallumd.kill();
      const started = await trace.read();
      const others = started.filter(
        ({ program, argv }) => program !== process.execPath && !asksForRules(program, argv),
      );
      const sessions = others.filter(({ argv }) => argv[1] === '-');
      const allowed = ['-', 'list -t inj', 'list -t inj6', 'save inj', 'save inj6'];
      for (const { program, argv, input } of others) {
        expect(program).toMatch(/\/ipset$/);
        expect(allowed).toContain(argv.slice(1).join(' '));
        expect(argv[1] === '-' ? input : `stray ${input}`).not.toBe('');
        for (const line of input.split('\n').filter((text) => text !== '')) {
          expect(line).toMatch(
            /^(add inj 192\.0\.2\.\d+( timeout \d+)?( comment "[ !#-~]*")?( -exist)?|list -o x\d+)$/,
          );
        }
      }
      const added = sessions.flatMap(({ input }) =>
        [...input.matchAll(/^add inj (\S+)/gm)].map(([, address]) => address),
      );
      expect(added.sort()).toEqual(
        [...expectedBans, '192.0.2.68', '192.0.2.69', '192.0.2.70'].sort(),
      );
      expect(existsSync(witness)).toBe(false);
    });
  },
);

/** A PUBLISH at QoS 0, by hand: clients that can be had refuse such topics themselves. */
function publishPacket(topic: string, payload: string): Buffer {
  const name = Buffer.from(topic);
  const body = Buffer.concat([Buffer.from([0, name.length]), name, Buffer.from(payload)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

describe('the embedded broker', () => {
  it('keeps control characters in a topic off the log', async () => {
    const port = await freePort();
    const vallumd = await startVallumd([
      ...['--listen', String(port), '--backend', 'memory', '-t', 'blacklist'],
    ]);
    await vallumd.waitForOutput(/listening to blacklist\/#/);
    for (const name of [
      '\u001b[2J',
      'a\n2026-11-23 00:00:00 UTC forged',
      '\u009b1m',
      '\u202e',
      'add',
    ]) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      // MQTT 3.1.1, clean session, client id "x"
      socket.write(Buffer.from([0x10, 13, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 60, 0, 1, 0x78]));
      await once(socket, 'data');
      socket.write(publishPacket(`blacklist/${name}`, '192.0.2.7'));
      // It is not carried, and ends the connection.
      if (name === 'add') await vallumd.waitForOutput(/banned 192\.0\.2\.7 in blacklist/);
      else await once(socket, 'close');
      socket.destroy();
    }
    const { code, stderr } = await vallumd.kill();
    expect(code).toBe(0);
    const lines = stderr.trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(LOG_LINE);
    const refused = /^\S+ \S+ \S+ warning: client "x" of the embedded broker: .* not the topic "/;
    expect(lines.filter((line) => refused.test(line))).toHaveLength(4);
    expect(lines.filter((line) => /^\S+ \S+ \S+ banned /.test(line))).toHaveLength(1);
  });
});
