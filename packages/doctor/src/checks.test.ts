import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { BrokerSight } from '@vallum/core/mqtt';
import { temporaryFolder } from '@vallum/test-kit';
import {
  checkBroker,
  checkCertificates,
  checkEncryption,
  checkPublication,
  checkSession,
  checkSubscriptions,
  checkSecrets,
  exitCodeOfFindings,
  finding,
  gatherSecrets,
  renderFindings,
  renderFindingsJson,
  secretFiles,
  worstLevel,
  type BrokerFacts,
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
const facts: BrokerFacts = { sight, clientId: 'x', connection: connected, subscriptions: [] };
const NOW = Date.UTC(2026, 10, 23) / 1000;
const DAY = 86_400;

describe('findings', () => {
  const all = (['ok', 'unknown', 'warning', 'critical'] as const).map((level) =>
    finding(level, 'c', 's', 'm'),
  );

  it('come to one exit code, the worst', () => {
    expect(all.map((_, end) => exitCodeOfFindings(all.slice(0, end + 1)))).toEqual([0, 3, 1, 2]);
    expect(worstLevel([])).toBe('ok');
  });

  it('are printed one a line, whatever is in them, and counted', () => {
    const wild = finding('warning', 'rules', 'a', 'two\nlines \u001b[31m', 'mend it');
    expect(renderFindings([wild, finding('ok', 'set', 'b', 'fine')])).toBe(
      'warning   rules a: two\\u{a}lines \\u{1b}[31m → mend it\n' +
        'ok        set b: fine\n1 warning, 1 ok\n',
    );
    expect(JSON.parse(renderFindingsJson([wild]))).toEqual({ level: 'warning', findings: [wild] });
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

  it('looks at the own certificate too, and gives the date', () => {
    const own = [{ subject: '/etc/client.crt', validToUnix: NOW - 1 }];
    expect(checkCertificates(sight, own, NOW)).toEqual([
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
    expect(checkSession(facts)).toEqual([]);
  });

  it('tell what may be read', () => {
    const filter = 'blacklist/#';
    const outcomes = ['granted', { refused: 'not authorised (0x87)' }, undefined] as const;
    const subscriptions = outcomes.map((outcome) => ({ filter, outcome, proven: false }));
    const levels = checkSubscriptions({ ...facts, subscriptions }).map(({ level }) => level);
    expect(levels).toEqual(['ok', 'critical', 'unknown']);
  });

  it('tell what may be published, as far as the protocol says', () => {
    const level = (outcome: 'confirmed' | 'refused' | 'unconfirmed', old = false, back = false) =>
      checkPublication(
        {
          ...facts,
          connection: { ...connected, protocolVersion: old ? 4 : 5 },
          publication: { topic: 't', detail: 'because', outcome, cameBack: back },
        },
        { level: 'critical', text: 'x' },
      )[0]?.level;
    expect(level('confirmed')).toBe('ok');
    expect(level('refused')).toBe('critical');
    expect(level('unconfirmed')).toBe('unknown');
    expect(level('confirmed', true)).toBe('unknown');
    expect(level('confirmed', true, true)).toBe('ok');
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
  ])('says of mode %o: %s', async (mode, level, remedy) => {
    const path = join(temporaryFolder(), 'secret');
    await writeFile(path, '');
    await chmod(path, mode);
    const [found] = checkSecrets(await gatherSecrets([{ path, holds: 'password' }]));
    expect(found).toMatchObject({ level });
    expect(found?.remedy).toBe(remedy === undefined ? undefined : `chmod ${remedy} ${path}`);
  });

  it('does not know what is not there', async () => {
    const files = await gatherSecrets([{ path: '/nonexistent', holds: 'key' }]);
    expect(checkSecrets(files)).toMatchObject([{ level: 'unknown' }]);
  });
});
