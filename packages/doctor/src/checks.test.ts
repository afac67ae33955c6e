import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodesAnswer } from './ask-nodes.js';
import { checkAnswers, checkOwnAnswer } from './check-answers.js';
import { describe, expect, it } from '@jest/globals';
import type { BrokerSight } from '@vallum/core/mqtt';
import { temporaryFolder } from '@vallum/test-kit';
import {
  checkBroker,
  checkCertificates,
  checkEncryption,
  checkPublication,
  checkSession,
  checkReading,
  checkSecrets,
  exitCodeOfFindings,
  finding,
  gatherSecrets,
  renderFindings,
  renderFindingsJson,
  secretFiles,
  worstLevel,
  wantsColour,
  type BrokerFacts,
  type Echo,
} from './index.js';

const sight: BrokerSight = {
  ...{ broker: 'mqtts://broker.example:8883', tls: true, reached: 'ready', certificates: [] },
};
const connected = {
  state: 'connected',
  sessionPresent: false,
  protocolVersion: 5,
  brokerAddresses: [],
} as const;
const facts: BrokerFacts = {
  sight,
  clientId: 'x',
  connection: connected,
  subscriptions: [],
  answers: [],
  echoes: [],
};
const NOW = Date.UTC(2026, 10, 23) / 1000;
const DAY = 86_400;

describe('answers', () => {
  const answer: NodesAnswer = {
    ...{ topic: 'blacklist', client: 'web1', outcome: 'answered', nodes: ['fw1', 'fw2'] },
    ...{ tookMs: 3.6, protocolVersion: 5 },
  };
  const none = { ...answer, nodes: [] };

  it('of nodes prove the path, and name who answered without letting names drive a terminal', () => {
    expect(checkAnswers([answer])).toEqual([
      finding('ok', 'answers', 'blacklist/ask', '2 nodes answered in 4 ms: fw1, fw2'),
    ]);
    const nodes = Array.from({ length: 12 }, (_, at) => `fw${String(at)}\u2028`);
    expect(checkAnswers([{ ...answer, nodes }])[0]?.message).toMatch(
      /^12 nodes answered in 4 ms: fw0\\u\{2028\}, .* and 2 more$/,
    );
  });

  it.each([
    ['unheard', 5, 'warning'],
    ['silent', 5, 'warning'],
    ['silent', 4, 'unknown'],
    ['deaf', 5, 'unknown'],
    ['refused', 5, 'unknown'],
    ['ended', 4, 'unknown'],
    ['unknown', 5, 'unknown'],
  ] as const)('that stay away, %s over MQTT %d, are no success', (outcome, version, level) => {
    const [found] = checkAnswers([{ ...none, outcome, protocolVersion: version }]);
    expect(found).toMatchObject({ level, remedy: expect.stringContaining('topic ') });
  });

  it("of the node itself prove that it reads, and another's do not", () => {
    expect(checkOwnAnswer([answer], 'fw1')).toMatchObject([{ level: 'ok' }]);
    expect(checkOwnAnswer([answer], 'fw3')).toMatchObject([
      { level: 'unknown', message: expect.stringContaining('fw1, fw2 did, and fw3 did not') },
    ]);
    expect(checkOwnAnswer([{ ...none, outcome: 'mute' }], 'fw1')).toMatchObject([
      { level: 'unknown', remedy: 'mosquitto acl_file: topic write vallumd/reply/+' },
    ]);
  });
});

describe('findings', () => {
  const all = (['ok', 'unknown', 'warning', 'critical'] as const).map((level) =>
    finding(level, 'c', 's', 'm'),
  );

  it('come to one exit code, the worst', () => {
    expect(all.map((_, end) => exitCodeOfFindings(all.slice(0, end + 1)))).toEqual([0, 3, 1, 2]);
    expect(worstLevel([])).toBe('ok');
  });

  const wild = finding('warning', 'rules', 'a', 'two\nlines \u001b[31m', 'mend it');
  const fine = finding('ok', 'set', 'b', 'fine');

  it('are printed with what needs a hand first and the rest as a count, whatever is in them', () => {
    const dark = finding('unknown', 'subscribe', 'c/#', 'not proved');
    const bad = finding('critical', 'rules', 'd', 'none');
    expect(renderFindings([fine, dark, wild, bad])).toBe(
      'critical  rules d: none\n' +
        'warning   rules a: two\\u{a}lines \\u{1b}[31m\n' +
        '          → mend it\n' +
        'unknown   subscribe c/#: not proved\n' +
        '1 critical, 1 warning, 1 unknown (subscribe c/#), 1 ok (-v lists them)\n',
    );
    expect(renderFindings([fine])).toBe('1 ok (-v lists them)\n');
    expect(renderFindings([wild, wild, bad, bad])).toMatch(/\n2 critical, 2 warnings\n$/);
    expect(renderFindings([fine, wild], { verbose: true })).toMatch(
      /^warning .*\n {10}→ mend it\nok {8}set b: fine\n1 warning, 1 ok\n$/,
    );
    expect(JSON.parse(renderFindingsJson([wild]))).toEqual({ level: 'warning', findings: [wild] });
  });

  it('fit a terminal, but for what is to be pasted', () => {
    const long = finding('critical', 'rules', 'a', 'word '.repeat(40).trim(), 'x '.repeat(60));
    const lines = renderFindings([long], { columns: 60 }).split('\n');
    const remedy = lines.findIndex((line) => line.includes('→'));
    expect(remedy).toBeGreaterThan(3);
    for (const line of lines.slice(0, remedy)) expect(line.length).toBeLessThanOrEqual(60);
    expect(lines.slice(0, remedy).join('').match(/word/g)).toHaveLength(40);
    expect(lines[remedy]).toBe(`          → ${'x '.repeat(60)}`);
  });

  it('are coloured where that is wanted, and nothing else is changed', () => {
    const coloured = renderFindings([wild, fine], { colour: true });
    expect(coloured).toContain('\u001b[1;33mwarning\u001b[0m');
    // eslint-disable-next-line no-control-regex -- it is what is looked for
    expect(coloured.replace(/\u001b\[[\d;]*m/g, '')).toBe(renderFindings([wild, fine]));
    expect(wantsColour(true, {})).toBe(true);
    expect(wantsColour(true, { NO_COLOR: '' })).toBe(true);
    expect(wantsColour(true, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColour(true, { TERM: 'dumb' })).toBe(false);
    expect(wantsColour(false, {})).toBe(false);
  });
});

describe('the check of certificates', () => {
  const check = (daysLeft: number) =>
    checkCertificates(
      { ...sight, certificates: [{ subject: 'b', validToUnix: NOW + daysLeft * DAY }] },
      [],
      NOW,
    ).map(({ level, check: name }) => `${level} ${name}`);

  it('warns three weeks before the end', () => {
    expect(check(21)).toEqual(['ok trust', 'ok certificate']);
    expect(check(20.9)).toEqual(['ok trust', 'warning certificate']);
    expect(check(0)).toEqual(['ok trust', 'critical certificate']);
  });

  it('does not take for good what it cannot read', () => {
    const broken = { ...sight, certificates: [{ subject: 'b', validToUnix: NaN }] };
    expect(checkCertificates(broken, [], NOW)[1]).toMatchObject({ level: 'unknown' });
    expect(checkCertificates(sight, [], NOW)).toMatchObject([{ level: 'unknown', check: 'trust' }]);
  });

  it('looks at the own certificate too, and gives the date', () => {
    const own = [{ subject: '/etc/client.crt', validToUnix: NOW - 1 }];
    expect(checkCertificates({ ...sight, tls: false }, own, NOW)).toEqual([
      finding(
        ...(['critical', 'certificate', '/etc/client.crt'] as const),
        ...(['the client certificate expired on 2026-11-22', 'renew the --cert-file'] as const),
      ),
    ]);
  });

  it('says how to look at a chain that is not trusted, and how to trust it', () => {
    const untrusted = { distrust: 'no', code: 'certificate-untrusted' } as const;
    expect(checkCertificates({ ...sight, ...untrusted }, [], NOW)[0]?.message).toMatch(
      /^no; .*--ca-file/,
    );
    expect(checkCertificates({ ...sight, distrust: 'no' }, [], NOW)[0]?.remedy).toBe(
      'openssl s_client -connect broker.example:8883 -showcerts </dev/null',
    );
  });
});

describe('the checks of the broker', () => {
  it('tell a port without TLS from a broker that is away', () => {
    const away = { ...facts, sight: { ...sight, reached: 'nothing', fault: 'gone' } } as const;
    expect(checkBroker(away)).toMatchObject([
      { level: 'critical', check: 'broker', remedy: 'nc -vz broker.example 8883' },
    ]);
    const fault = { fault: 'no TLS', code: 'no-tls' } as const;
    const plain = { ...facts, sight: { ...sight, reached: 'tcp', ...fault } } as const;
    expect(checkBroker(plain)).toMatchObject([
      { level: 'critical', check: 'tls', message: expect.stringMatching(/^no TLS; .*--tls/) },
    ]);
  });

  it('tell what says nothing from what says no', () => {
    const { connection: _, ...silent } = facts;
    expect(checkBroker(silent)).toMatchObject([{ level: 'critical', check: 'broker' }]);
    const refused = { ...facts, connection: { state: 'refused', detail: 'no' } } as const;
    expect(checkBroker(refused)[1]).toMatchObject({ level: 'critical', check: 'credentials' });
  });

  it('warn of plain text on the way, but not within this machine', () => {
    const plain = (broker: string) =>
      checkEncryption({ ...facts, sight: { ...sight, tls: false, broker } }, true).length;
    expect(plain('mqtt://broker.example:1883')).toBe(1);
    expect(plain('mqtt://localhost:1883')).toBe(0);
    expect(plain('ws://[::1]:80/mqtt')).toBe(0);
    expect(plain('mqtt://127.0.0.1:1883')).toBe(0);
    expect(plain('mqtt://localhost.example:1883')).toBe(1);
    expect(checkEncryption(facts, true)).toEqual([]);
  });

  it('warn of a broker that forgets sessions', () => {
    expect(checkSession({ ...facts, sessionKept: false })).toMatchObject([{ level: 'warning' }]);
    expect(checkSession({ ...facts, sessionKept: true })).toMatchObject([{ level: 'ok' }]);
    expect(checkSession({ ...facts, sessionKept: 'unknown' })).toMatchObject([
      { level: 'unknown' },
    ]);
    expect(checkSession(facts)).toEqual([]);
  });

  it('tell what may be published, as far as the protocol says', () => {
    const level = (outcome: Echo['outcome']) =>
      checkPublication(
        { ...facts, publication: { topic: 't', outcome, detail: 'because' } },
        { level: 'critical', text: 'x' },
      )[0]?.level;
    const outcomes = ['heard', 'starved', 'refused', 'silent', 'ended', 'unknown'] as const;
    expect(outcomes.map(level)).toEqual([
      ...['ok', 'ok', 'critical', 'unknown', 'unknown', 'unknown'],
    ]);
    const unheard = { topic: 't', outcome: 'starved', unheard: true } as const;
    const told = { level: 'critical', text: 'x', unheard: 'nobody listens' } as const;
    const { unheard: _, ...untold } = told;
    expect(checkPublication({ ...facts, publication: unheard }, told)).toMatchObject([
      { level: 'warning', message: 'nobody listens' },
    ]);
    expect(checkPublication({ ...facts, publication: unheard }, untold)).toMatchObject([
      { level: 'ok' },
    ]);
  });
});

describe('the check whether bans may be read', () => {
  const filter = 'blacklist/#';
  const reading = { filter, banTopic: 'blacklist/add', syncTopic: 'blacklist/sync' };
  const check = (
    ban: Echo['outcome'] | undefined,
    sync?: Echo['outcome'],
    receivedUnix?: number,
    outcome: 'granted' | { refused: string } | undefined = 'granted',
  ) =>
    checkReading(
      {
        ...facts,
        subscriptions: [{ filter, outcome }],
        echoes: [
          ...(ban ? [{ topic: 'blacklist/add', outcome: ban, detail: 'so' }] : []),
          ...(sync ? [{ topic: 'blacklist/sync', outcome: sync }] : []),
        ],
      },
      [{ ...reading, ...(receivedUnix === undefined ? {} : { receivedUnix }) }],
      NOW,
    )[0]!;

  it('is content with what came back, and with nothing else', () => {
    expect(check('heard')).toMatchObject({ level: 'ok' });
    for (const outcome of ['refused', 'silent', 'ended', 'unknown', undefined] as const) {
      // That other nodes are heard does not prove that bans come through.
      expect(check(outcome, 'heard')).toMatchObject({
        ...{ level: 'unknown', remedy: 'mosquitto acl_file: topic write blacklist/add' },
      });
    }
    expect(check('heard', 'heard', NOW, { refused: 'no' })).toMatchObject({ level: 'critical' });
    const silent = { ...facts, subscriptions: [{ filter, outcome: undefined }] };
    expect(checkReading(silent, [reading], NOW)).toMatchObject([{ level: 'unknown' }]);
  });

  it('finds a subscription that was granted and is starved', () => {
    const read = { level: 'critical', remedy: 'mosquitto acl_file: topic read blacklist/#' };
    expect(check('starved', 'heard', NOW)).toMatchObject(read);
    expect(check('refused', 'starved')).toMatchObject(read);
    // Bans did come, so it is not certain.
    expect(check('refused', 'starved', NOW - 60)).toMatchObject({ level: 'unknown' });
    // A node that may only read writes neither, and MQTT 3.1.1 does not tell.
    expect(check('silent', 'silent')).toMatchObject({ level: 'unknown' });
  });

  it('says when the last message came', () => {
    expect(check('refused').message).toMatch(/knows of no message/);
    const ago = (seconds: number) =>
      /last message received (.*)$/.exec(check('refused', 'heard', NOW - seconds).message)?.[1];
    expect(ago(3 * 3_600 + 100)).toBe('3 h ago');
    expect(ago(300)).toBe('5 min ago');
    expect(ago(10 * DAY)).toBe('10 days ago');
    expect(ago(5)).toBe('within the last two minutes');
  });

  it('looks at each prefix of a filter that covers several', () => {
    const subscriptions = [{ filter: 'a/#', outcome: 'granted' as const }];
    const echoes = [
      { topic: 'a/add', outcome: 'heard' as const },
      { topic: 'a/b/add', outcome: 'starved' as const },
    ];
    const readings = ['a', 'a/b'].map((topic) => ({ filter: 'a/#', banTopic: `${topic}/add` }));
    const levels = checkReading({ ...facts, subscriptions, echoes }, readings, NOW);
    expect(levels.map(({ level }) => level)).toEqual(['ok', 'critical']);
  });
});

describe('the check of secrets', () => {
  const place = { source: 'file', key: 'url', path: '/etc/v.yaml', line: 1 } as const;
  const none = { source: 'default' } as const;

  it('knows where secrets are', () => {
    const url = 'mqtts://me:secret@broker.example';
    expect(secretFiles({ url }, { url: place, password: none })).toHaveLength(1);
    expect(secretFiles({ url: 'mqtt://a' }, { url: place, password: none })).toEqual([]);
    expect(
      secretFiles(
        { password: 'x', 'password-file': '/p', 'key-file': '/k' },
        { url: none, password: place },
      ).map(({ path }) => path),
    ).toEqual(['/etc/v.yaml', '/p', '/k']);
  });

  it.each([
    [0o640, 'ok', undefined],
    [0o644, 'warning', 'o-rwx'],
    [0o602, 'warning', 'o-rwx'],
    [0o660, 'warning', 'g-w'],
    [0o666, 'warning', 'g-w,o-rwx'],
  ])('says of mode %o: %s', async (mode, level, remedy) => {
    const path = join(temporaryFolder(), 'secret');
    await writeFile(path, '');
    await chmod(path, mode);
    const [found] = checkSecrets(await gatherSecrets([{ path, holds: 'password' }]));
    expect(found).toMatchObject({ level });
    expect(found?.remedy).toBe(remedy === undefined ? undefined : `chmod ${remedy} ${path}`);
  });

  it('gives commands that hold for any name of a file', () => {
    const path = "/etc/my key's";
    const [found] = checkSecrets([{ path, holds: 'key', file: { mode: 0o604 } }]);
    expect(found?.remedy).toBe("chmod o-rwx '/etc/my key'\\''s'");
  });

  it('does not know what is not there', async () => {
    const files = await gatherSecrets([{ path: '/nonexistent', holds: 'key' }]);
    expect(checkSecrets(files)).toMatchObject([{ level: 'unknown' }]);
  });
});
