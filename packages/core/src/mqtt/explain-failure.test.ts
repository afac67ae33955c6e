import { describe, expect, it } from '@jest/globals';
import { explainFailure } from './explain-failure.js';
import type { Ending } from './explanation.js';
import { reasonText } from './reason-text.js';

const ending: Ending = {
  reached: 'ready',
  accepted: false,
  broker: 'mqtts://broker.example:8883',
  tls: true,
  clientId: 'node\n1',
  username: 'us\u001ber',
  hasPassword: true,
  nowUnix: 1_795_442_400,
  connectTimeoutMs: 20_000,
};
const withCode = (code: string, message = '') => Object.assign(new Error(message), { code });

describe('explainFailure', () => {
  it.each([
    [1, 'refused', /this version of MQTT/],
    [2, 'refused', /client id "node\\n1"/],
    [3, 'disconnected', /unavailable/],
    [4, 'refused', /user "us\\u001ber"/],
    [5, 'refused', /access rules/],
    [0x84, 'refused', /this version of MQTT/],
    [0x85, 'refused', /client id/],
    [0x86, 'refused', /password/],
    [0x87, 'refused', /does not authorise/],
    [0x88, 'disconnected', /unavailable/],
    [0x89, 'disconnected', /busy/],
    [0x8a, 'refused', /banned/],
    [0x8c, 'refused', /authentication/],
    [0x90, 'refused', /last will/],
    [0x95, 'refused', /last will/],
    [0x9a, 'refused', /retain/],
    [0x9b, 'refused', /QoS/],
    [0x9d, 'refused', /another server/],
    [0x9f, 'refused', /connection rate exceeded \(0x9f\)/],
    [0xf0, 'refused', /unknown reason \(0xf0\)/],
  ] as const)('says what CONNACK %i means', (connackCode, state, detail) => {
    const explanation = explainFailure({ ...ending, connackCode });
    expect(explanation).toMatchObject({ state, detail: expect.stringMatching(detail) });
    expect(explanation.tryOlderProtocol).toBe(
      connackCode === 1 || connackCode === 0x84 ? 'said' : undefined,
    );
  });

  it.each([
    [0x00, 'disconnected', /shutting down/],
    [0x8b, 'disconnected', /shutting down/],
    [0x87, 'refused', /authorisation/],
    [0x8d, 'disconnected', /keep-alive/],
    [0x8e, 'refused', /own client id/],
    [0x97, 'refused', /quota exceeded/],
  ] as const)('says what DISCONNECT %i means', (disconnectCode, state, detail) => {
    expect(explainFailure({ ...ending, accepted: true, disconnectCode })).toMatchObject({
      state,
      detail: expect.stringMatching(detail),
    });
  });

  it.each([
    ['ENOTFOUND', 'disconnected', /does not resolve/],
    ['EAI_AGAIN', 'disconnected', /DNS/],
    ['ECONNREFUSED', 'disconnected', /is the broker running/],
    ['EHOSTUNREACH', 'disconnected', /firewalls/],
    ['EPROTO', 'refused', /does not answer in TLS/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'refused', /self-signed, and it is not trusted here$/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'refused', /not trusted here \(UNABLE/],
    ['CERT_HAS_EXPIRED', 'refused', /renew/],
    ['CERT_NOT_YET_VALID', 'refused', /clock/],
    ['CERT_REVOKED', 'refused', /revoked/],
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'refused',
      /certificate required\): it seems to want/,
    ],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'refused', /protocol version\)$/],
    ['ERR_SSL_NO_SHARED_CIPHER', 'refused', /ERR_SSL_NO_SHARED_CIPHER/],
    ['EACCES', 'disconnected', /EACCES/],
  ] as const)('says what %s means', (code, state, detail) => {
    expect(explainFailure({ ...ending, reached: 'nothing', error: withCode(code) })).toMatchObject({
      state,
      detail: expect.stringMatching(detail),
    });
  });

  it.each([
    ['ENOTFOUND', 'host-unknown'],
    ['ECONNREFUSED', 'unreachable'],
    ['EPROTO', 'no-tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-untrusted'],
    ['CERT_HAS_EXPIRED', 'certificate-outdated'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate-of-another-host'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client-certificate-refused'],
    ['ERR_SSL_NO_SHARED_CIPHER', 'tls-failed'],
  ] as const)('names %s %s to programs', (code, fault) => {
    expect(explainFailure({ ...ending, reached: 'nothing', error: withCode(code) }).code).toBe(
      fault,
    );
  });

  it.each([4, 5, 0x86, 0x87])(
    'does not let one look for a wrong password where none was given (CONNACK %i)',
    (connackCode) => {
      const without = { ...ending, connackCode, hasPassword: false };
      expect(explainFailure(without)).toEqual({
        state: 'refused',
        code: 'password-missing',
        detail: 'mqtts://broker.example:8883 refused user "us\\u001ber", and no password was given',
      });
      const trust = {
        ...{ place: 'x', clientPlace: 'the client certificate "y"' },
        ...{ authorities: () => [], client: () => undefined },
      };
      expect(explainFailure({ ...without, trust }).code).not.toBe('password-missing');
    },
  );

  it('says that no user name was given where that may be what the broker wants', () => {
    const { username: _, ...nameless } = ending;
    expect(explainFailure({ ...nameless, connackCode: 0x87 })).toMatchObject({
      code: 'credentials-refused',
      detail: expect.stringMatching(/want a user name and password, and none was given$/),
    });
  });

  it('tells programs whether a silent broker may wait for TLS', () => {
    const silent = { ...ending, error: new Error('connack timeout') };
    expect(explainFailure(silent).code).toBe('no-answer');
    expect(explainFailure({ ...silent, tls: false }).code).toBe('no-answer-without-tls');
  });

  it('speaks no flags of a program', () => {
    const codes = ['DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_UNTRUSTED', 'ECONNREFUSED', 'EPROTO', ''];
    for (const code of codes) {
      for (const tls of [true, false]) {
        expect(explainFailure({ ...ending, tls, error: withCode(code) }).detail).not.toMatch(
          /(^|[\s(])--?[A-Za-z]/,
        );
      }
    }
  });

  it('names the hosts that a certificate is for, escaped', () => {
    const error = withCode(
      'ERR_TLS_CERT_ALTNAME_INVALID',
      "Host: a. is not in the cert's altnames: DNS:\u001b[2Jx",
    );
    expect(explainFailure({ ...ending, error }).detail).toContain('(it holds "DNS:\\u001b[2Jx")');
  });

  it('takes the first of several addresses to speak for all', () => {
    const error = new AggregateError([withCode('ECONNREFUSED'), withCode('EHOSTUNREACH')]);
    expect(explainFailure({ ...ending, reached: 'nothing', error }).detail).toMatch(/refused/);
  });

  it('tells the stages of a broken beginning apart', () => {
    const at = (reached: Ending['reached']) => explainFailure({ ...ending, reached });
    expect(at('nothing').detail).toMatch(/cannot reach.*"the connection was closed"/);
    expect(at('tcp').detail).toMatch(/TLS handshake/);
    expect(at('ready')).toMatchObject({
      detail: expect.stringMatching(/before it answered/),
      tryOlderProtocol: 'guessed',
    });
    const silent = { ...ending, tls: false, error: new Error('connack timeout') };
    expect(explainFailure(silent).detail).toMatch(/no answer within 20 s.*TLS here too$/);
    const web = { ...ending, error: new Error('Unexpected server response: 404') };
    expect(explainFailure(web)).toMatchObject({
      state: 'refused',
      detail: expect.stringMatching(/HTTP 404/),
    });
  });

  it('describes the end of a standing connection', () => {
    const lost = (error?: Error) => explainFailure({ ...ending, accepted: true, error }).detail;
    expect(lost()).toMatch(/ended$/);
    expect(lost(withCode('ECONNRESET'))).toMatch(/ended \(ECONNRESET\)$/);
    expect(lost(new Error('Keepalive timeout'))).toMatch(/keep-alive/);
  });
});

describe('reasonText', () => {
  it('keeps the number for looking it up', () => {
    expect(reasonText(0x87)).toBe('not authorised (0x87)');
  });
});
