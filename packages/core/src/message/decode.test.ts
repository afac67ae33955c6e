import { describe, expect, it } from '@jest/globals';
import type { Decoded } from './command.js';
import { decode } from './decode.js';
import { parseBinding, type Binding } from './topic.js';

const NOW = 1_795_000_000;

function bind(text: string): Binding {
  const result = parseBinding(text);
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

const blacklist = bind('blacklist');

function read(topic: string, payload: string | Uint8Array, bindings = [blacklist]): Decoded {
  return decode({ topic, payload: Buffer.from(payload) }, bindings, NOW);
}

/** `192.0.2.7 3600`, `line 2 ! bad-address`: what was understood, then what was not. */
function summary({ commands, rejections }: Decoded): string[] {
  return [
    ...commands.map(({ command, place }) =>
      [
        place,
        command.action === 'unban' ? '-' : undefined,
        command.address.text,
        command.action === 'ban' && command.until !== 'default' ? command.until : undefined,
        command.origin,
        command.action === 'ban' ? command.reason : undefined,
      ]
        .filter((word) => word !== undefined)
        .join(' '),
    ),
    ...rejections.map(({ place, code }) => `${place} ! ${code}`),
  ];
}

describe('decode of lines', () => {
  it('reads the bare address of the ancestor as a ban', () => {
    for (const topic of ['blacklist', 'blacklist/add']) {
      expect(read(topic, '192.0.2.7')).toEqual({
        commands: [
          {
            command: {
              action: 'ban',
              set: 'blacklist',
              until: 'default',
              address: {
                text: '192.0.2.7',
                family: 'ipv4',
                bytes: Uint8Array.of(192, 0, 2, 7),
                prefixLength: 32,
              },
            },
          },
        ],
        rejections: [],
      });
    }
  });

  it('reads an unban, and ignores when and why', () => {
    expect(summary(read('blacklist/del', '192.0.2.7'))).toEqual(['- 192.0.2.7']);
    const full = '192.0.2.7 until 5 timeout 1 reason "x" origin web1';
    expect(summary(read('blacklist/del', full))).toEqual(['- 192.0.2.7 web1']);
  });

  it.each([
    ['192.0.2.7 timeout 3600', `192.0.2.7 ${String(NOW + 3600)}`],
    ['192.0.2.7 timeout 0', '192.0.2.7 never'],
    ['192.0.2.7 timeout -1', '192.0.2.7 never'],
    ['192.0.2.7 timeout never', '192.0.2.7 never'],
    ['192.0.2.7 until 1795420000', '192.0.2.7 1795420000'],
    ['192.0.2.7 until -1', '192.0.2.7 never'],
    ['192.0.2.7 until never timeout 60', '192.0.2.7 never'],
    ['192.0.2.7 timeout 60 until 1795420000', '192.0.2.7 1795420000'],
    ['192.0.2.7 origin web1', '192.0.2.7 web1'],
    ['192.0.2.7 origin 17', '192.0.2.7 17'],
    ['192.0.2.7 reason "sshd: 5 failures"', '192.0.2.7 sshd: 5 failures'],
    ['192.0.2.7 reason "say \\"no\\" \\\\o/"', '192.0.2.7 say "no" \\o/'],
    ['192.0.2.7 reason ""', '192.0.2.7'],
    ['192.0.2.7 x-list SBL1', '192.0.2.7'],
    ['192.0.2.7 x-note "a \\"b\\" until 5" origin web1 x-note 7', '192.0.2.7 web1'],
    ['192.0.2.7 x- 1', '192.0.2.7'],
    ['192.0.2.7 reason "timeout 5" timeout 60', `192.0.2.7 ${String(NOW + 60)} timeout 5`],
    [' \t192.0.2.7\t timeout  60 \r\n', `192.0.2.7 ${String(NOW + 60)}`],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:DB8::7/64', '2001:db8::/64'],
  ])('reads %j', (line, expected) => {
    expect(summary(read('blacklist', line))).toEqual([expected]);
  });

  it.each([
    ['', 'empty-payload'],
    [' \r\n\t\n', 'empty-payload'],
    ['010.0.0.1', 'bad-address'],
    ['localhost', 'bad-address'],
    ['192.0.2.7\0', 'bad-address'],
    ['192.0.2.7\v', 'bad-address'],
    ['\ufeff192.0.2.7', 'bad-address'],
    ['192.0.2.7\u00a0', 'bad-address'],
    ['A'.repeat(4096), 'bad-entry'],
    ['192.0.2.7; flush', 'bad-address'],
    ['# comment', 'bad-address'],
    ['192.0.2.7 -exist', 'bad-entry'],
    ['192.0.2.7 x-list', 'bad-entry'],
    ['192.0.2.7 x-list "a', 'bad-entry'],
    ['192.0.2.7 X-list a', 'bad-entry'],
    ['192.0.2.7 xlist a', 'bad-entry'],
    ['192.0.2.7 at', 'bad-entry'],
    ['192.0.2.7 at 1795000000000 at 1795000000000', 'bad-entry'],
    ['192.0.2.7 at "1795000000000"', 'bad-entry'],
    ['192.0.2.7 at never', 'bad-time'],
    ['192.0.2.7 at -1', 'bad-time'],
    ['192.0.2.7 at 1795000000', 'bad-time'],
    ['192.0.2.7 at 1795000000000.', 'bad-time'],
    ['192.0.2.7 at 1795000000000.1234', 'bad-time'],
    ['192.0.2.7 at 253402300800000', 'bad-time'],
    ['192.0.2.7 at 9999999999999999', 'bad-time'],
    ['192.0.2.7 192.0.2.8', 'bad-entry'],
    ['192.0.2.7 timeout', 'bad-entry'],
    ['192.0.2.7 timeout 1 timeout 2', 'bad-entry'],
    ['192.0.2.7 Timeout 1', 'bad-entry'],
    ['192.0.2.7 timeout "1"', 'bad-entry'],
    ['192.0.2.7 reason sshd', 'bad-entry'],
    ['192.0.2.7 reason "sshd', 'bad-entry'],
    ['192.0.2.7 reason "a\\n"', 'bad-entry'],
    ['192.0.2.7 reason "a"b', 'bad-entry'],
    ['192.0.2.7 "reason"', 'bad-entry'],
    ['192.0.2.7 reason"a"', 'bad-entry'],
    ['192.0.2.7\rtimeout 5', 'bad-address'],
    ['192.0.2.7 timeout 1h', 'bad-time'],
    ['192.0.2.7 timeout 1.5', 'bad-time'],
    ['192.0.2.7 timeout 1e3', 'bad-time'],
    ['192.0.2.7 timeout -2', 'bad-time'],
    ['192.0.2.7 timeout 99999999999999999999', 'bad-time'],
    ['192.0.2.7 timeout 253402300000', 'bad-time'],
    ['192.0.2.7 until 253402300800', 'bad-time'],
    [`192.0.2.7 until ${String(NOW)}`, 'expired'],
    ['192.0.2.7 until 0', 'expired'],
    ['192.0.2.7 origin a/b', 'bad-origin'],
    ['192.0.2.7 origin -x', 'bad-origin'],
    ['192.0.2.7 reason "a\u001b[31m"', 'bad-reason'],
    ['192.0.2.7 reason "a\u202eb"', 'bad-reason'],
    ['192.0.2.7 reason "a\u200bb"', 'bad-reason'],
    [`192.0.2.7 reason "${'a'.repeat(257)}"`, 'bad-reason'],
    [`192.0.2.7 reason "${'a'.repeat(600)}"`, 'bad-reason'],
  ])('refuses %j: %s', (line, code) => {
    expect(summary(read('blacklist', line))).toEqual([`payload ! ${code}`]);
  });

  it('tells seconds in place of milliseconds by their size', () => {
    const { rejections } = read('blacklist', '192.0.2.7 at 1795000000');
    expect(rejections[0]?.detail).toMatch(/Unix milliseconds.*not 1795000000, which looks like/);
  });

  it('counts the characters of a reason as people do', () => {
    const reason = '🎉'.repeat(256);
    expect(read('blacklist', `192.0.2.7 reason "${reason}"`).rejections).toEqual([]);
  });

  it('lets a bad line cost that line only, and names each by its line', () => {
    const payload = '\n192.0.2.1\n\nlocalhost\r\n192.0.2.2 timeout 60\n010.0.0.1\n';
    expect(summary(read('blacklist', payload))).toEqual([
      'line 2 192.0.2.1',
      `line 5 192.0.2.2 ${String(NOW + 60)}`,
      'line 4 ! bad-address',
      'line 6 ! bad-address',
    ]);
  });

  it('keeps the first hundred rejections and counts the others', () => {
    const lines = Array.from({ length: 1000 }, (_, index) =>
      index % 2 === 0 ? 'localhost' : `192.0.2.7 origin /${String(index)}`,
    );
    const { commands, rejections, rejectedMore } = read('blacklist', lines.join('\n'));
    expect(commands).toEqual([]);
    expect(rejections.map(({ place }) => place)).toEqual(
      Array.from({ length: 100 }, (_, index) => `line ${String(index + 1)}`),
    );
    expect([...(rejectedMore ?? [])]).toEqual([
      ['bad-address', 450],
      ['bad-origin', 450],
    ]);
  });

  it('lets bytes that are no UTF-8 cost their line only', () => {
    const payload = Buffer.from('192.0.2.1\n\xff\xfe\x1b\n\n192.0.2.2\n', 'latin1');
    const decoded = read('blacklist', payload);
    expect(summary(decoded)).toEqual(['line 1 192.0.2.1', 'line 4 192.0.2.2', 'line 2 ! not-utf8']);
    expect(decoded.rejections[0]?.input).toBe('\\xff\\xfe\\x1b');
  });

  it('tells what to do about a refused line', () => {
    const { rejections } = read('blacklist/add', 'ok\n010.0.0.1');
    expect(rejections[1]).toEqual({
      code: 'bad-address',
      place: 'line 2',
      input: '010.0.0.1',
      detail: '010.0.0.1 has a leading zero, which some programs read as octal: leave it out',
    });
  });
});

describe('decode of JSON', () => {
  it('reads an object', () => {
    const object = {
      address: '192.0.2.7',
      until: 1795420000,
      timeout: 3600,
      origin: 'web1',
      reason: 'sshd',
    };
    const decoded = read('blacklist', ` ${JSON.stringify(object)}\n`);
    expect(summary(decoded)).toEqual(['192.0.2.7 1795420000 web1 sshd']);
  });

  it('reads an array of objects and bare addresses', () => {
    const decoded = read(
      'blacklist',
      '["192.0.2.1", {"address":"192.0.2.2","timeout":60}, "nope", {"address":"::1","until":-1}]',
    );
    expect(summary(decoded)).toEqual([
      'entry 1 192.0.2.1',
      `entry 2 192.0.2.2 ${String(NOW + 60)}`,
      'entry 4 ::1 never',
      'entry 3 ! bad-address',
    ]);
  });

  it('takes an empty array for a message that asks for nothing, as a doctor sends it', () => {
    expect(read('blacklist/add', '[]')).toEqual({ commands: [], rejections: [] });
    expect(read('blacklist/del', ' []\n')).toEqual({ commands: [], rejections: [] });
  });

  it.each([
    ['{', 'not-json'],
    ['[1.2.3.4]', 'not-json'],
    ['{"address":"192.0.2.7"} {}', 'not-json'],
    ['{}', 'bad-entry'],
    ['[[]]', 'bad-entry'],
    ['[null]', 'bad-entry'],
    ['[3232235777]', 'bad-entry'],
    ['{"address":3232235777}', 'bad-entry'],
    ['{"address":null}', 'bad-entry'],
    ['{"address":" 192.0.2.7"}', 'bad-address'],
    ['{"address":"192.0.2.7\\u0000"}', 'bad-address'],
    ['{"address":"192.0.2.7","set":"other"}', 'bad-entry'],
    ['{"address":"192.0.2.7","__proto__":{}}', 'bad-entry'],
    ['{"address":"192.0.2.7","reason":["a"]}', 'bad-entry'],
    ['{"address":"192.0.2.7","reason":7}', 'bad-entry'],
    ['{"address":"192.0.2.7","reason":"a\\nb"}', 'bad-reason'],
    ['{"address":"192.0.2.7","reason":"\\ud800"}', 'bad-reason'],
    ['{"address":"192.0.2.7","origin":"a b"}', 'bad-origin'],
    ['{"address":"192.0.2.7","timeout":"3600"}', 'bad-time'],
    ['{"address":"192.0.2.7","timeout":null}', 'bad-time'],
    ['{"address":"192.0.2.7","timeout":1.5}', 'bad-time'],
    ['{"address":"192.0.2.7","timeout":1e999}', 'bad-time'],
    ['{"address":"192.0.2.7","until":-5}', 'bad-time'],
    ['{"address":"192.0.2.7","until":1}', 'expired'],
    ['{"address":"192.0.2.7","at":"1795000000000"}', 'bad-time'],
    ['{"address":"192.0.2.7","at":null}', 'bad-time'],
    ['{"address":"192.0.2.7","at":1795000000}', 'bad-time'],
    ['{"address":"192.0.2.7","at":1e15}', 'bad-time'],
    ['{"address":"192.0.2.7","X-list":1}', 'bad-entry'],
    ['{"x-address":"192.0.2.7"}', 'bad-entry'],
  ])('refuses %s: %s', (payload, code) => {
    expect(summary(read('blacklist', payload))).toEqual([`payload ! ${code}`]);
  });

  it('refuses JSON that is no UTF-8 as a whole', () => {
    const payload = Buffer.from('["192.0.2.7","\xff"]', 'latin1');
    expect(summary(read('blacklist', payload))).toEqual(['payload ! not-utf8']);
  });

  it('survives any depth', () => {
    const deep = `[${'['.repeat(400_000)}${']'.repeat(400_000)}]`;
    expect(summary(read('blacklist', deep))).toEqual(['payload ! bad-entry']);
  });
});

/** A minute before, a moment ago, and two minutes ahead. */
const BEFORE = 1000 * NOW - 60_000;
const AHEAD = 1000 * NOW + 120_000;

describe('decode of stamps', () => {
  it.each([
    [`192.0.2.7 at ${String(BEFORE)}`, BEFORE],
    [`192.0.2.7 at ${String(BEFORE)}.25 origin web1`, BEFORE + 0.25],
    [`{"address":"192.0.2.7","at":${String(BEFORE)}}`, BEFORE],
    [`{"address":"192.0.2.7","at":${String(BEFORE)}.25,"x-tags":["a",{}]}`, BEFORE + 0.25],
    ['192.0.2.7', undefined],
    ['192.0.2.7 origin web1', undefined],
  ])('reads %s as asked for at %s', (payload, stamp) => {
    for (const topic of ['blacklist/add', 'blacklist/del']) {
      expect(read(topic, payload).commands.map(({ command }) => command.stamp)).toEqual([stamp]);
    }
  });

  it('counts a timeout from the stamp, so that all nodes come to the same end', () => {
    const line = `192.0.2.7 timeout 3600 at ${String(BEFORE)}`;
    expect(summary(read('blacklist', line))).toEqual([`192.0.2.7 ${String(NOW - 60 + 3600)}`]);
  });

  it('cuts a stamp that lies more than a minute ahead to the clock', () => {
    const stamps = [AHEAD, 1000 * NOW + 60_000];
    const lines = stamps.map((stamp) => `192.0.2.7 timeout 60 at ${String(stamp)}`).join('\n');
    const { commands } = read('blacklist', lines);
    expect(commands.map(({ command }) => command.stamp)).toEqual([1000 * NOW, 1000 * NOW + 60_000]);
    expect(commands.map(({ command }) => 'until' in command && command.until)).toEqual([
      NOW + 60,
      NOW + 120,
    ]);
  });

  it('takes a ban that is over where it has a stamp, since it may supersede an older one', () => {
    const over = `192.0.2.7 until ${String(NOW - 5)} at ${String(BEFORE)}`;
    expect(summary(read('blacklist', over))).toEqual([`192.0.2.7 ${String(NOW - 5)}`]);
    const longOver = `192.0.2.7 until 0 at ${String(BEFORE)}`;
    expect(summary(read('blacklist', longOver))).toEqual(['192.0.2.7 1']);
  });
});

describe('decode of topics', () => {
  it('passes over what nodes say to each other', () => {
    for (const topic of ['blacklist/sync', 'blacklist/ask']) {
      expect(read(topic, '{"digest":1}')).toEqual({ commands: [], rejections: [] });
    }
  });

  it('refuses what is no topic or action of ours', () => {
    expect(summary(read('other', '192.0.2.7'))).toEqual(['topic ! unknown-topic']);
    expect(summary(read('blacklist/flush', '192.0.2.7'))).toEqual(['topic ! unknown-action']);
    expect(read('blacklist/\u001b[2J', '').rejections[0]?.input).toBe('blacklist/\\x1b[2J');
  });

  it('commands every set that is bound to the topic', () => {
    const bindings = [bind('a=one'), bind('a=two')];
    const { commands } = read('a', '192.0.2.1\n192.0.2.2', bindings);
    expect(commands.map(({ command }) => `${command.address.text} ${command.set}`)).toEqual([
      '192.0.2.1 one',
      '192.0.2.1 two',
      '192.0.2.2 one',
      '192.0.2.2 two',
    ]);
    expect(summary(read('a', '192.0.2.1 until 1', bindings))).toEqual(['payload ! expired']);
  });
});

describe('decode of limits', () => {
  it('refuses a payload above 1 MiB', () => {
    expect(summary(read('blacklist', Buffer.alloc(1_048_577, '\n')))).toEqual([
      'payload ! payload-too-large',
    ]);
    expect(summary(read('blacklist', Buffer.alloc(1_048_576, '\n')))).toEqual([
      'payload ! empty-payload',
    ]);
  });

  it('refuses more than 65,536 entries', () => {
    expect(read('blacklist', '1.1.1.1\n'.repeat(65_536)).commands).toHaveLength(65_536);
    expect(summary(read('blacklist', '1.1.1.1\n'.repeat(65_537)))).toEqual([
      'payload ! too-many-entries',
    ]);
  });
});
