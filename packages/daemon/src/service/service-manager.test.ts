import { describe, expect, it } from '@jest/globals';
import { VallumError } from '@vallum/core';
import { connectServiceManager } from './service-manager.js';

async function connect(env: Record<string, string>, broken?: 'open' | 'send') {
  const sent: string[] = [];
  const complaints: string[] = [];
  const fail = () => {
    throw new VallumError('no such socket', { code: 'BACKEND_UNAVAILABLE', operation: 'sendto' });
  };
  const service = await connectServiceManager(env, (sentence) => complaints.push(sentence), {
    open: async (path) => {
      if (broken === 'open') fail();
      return { send: broken === 'send' ? fail : (text) => sent.push(`${path}: ${text}`) };
    },
    monotonicUsec: () => 1234n,
    pid: 7,
  });
  return { service, sent, complaints };
}

describe('the service manager', () => {
  it('is told of start, reload, life and end', async () => {
    const { service, sent } = await connect({ NOTIFY_SOCKET: '/n' });
    service.ready();
    service.alive();
    service.reloading();
    service.stopping();
    expect(sent).toEqual([
      '/n: READY=1',
      '/n: WATCHDOG=1',
      '/n: RELOADING=1\nMONOTONIC_USEC=1234',
      '/n: STOPPING=1',
    ]);
  });

  it('is told a status once, in one line', async () => {
    const { service, sent } = await connect({ NOTIFY_SOCKET: '/n' });
    service.status('a\nREADY=1');
    service.status('a\nREADY=1');
    expect(sent).toEqual(['/n: STATUS=a READY=1']);
  });

  it('is nobody where no socket is named', async () => {
    const { service, complaints } = await connect({ WATCHDOG_USEC: '1000' }, 'open');
    service.ready();
    expect([service.watchdogMs, complaints]).toEqual([undefined, []]);
  });

  it.each(['open', 'send'] as const)('that cannot be told (%s) is said once', async (broken) => {
    const { service, complaints } = await connect({ NOTIFY_SOCKET: '/n' }, broken);
    service.ready();
    service.alive();
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain('no such socket; use Type=exec');
  });

  it.each([
    [{ WATCHDOG_USEC: '3000000' }, 3000],
    [{ WATCHDOG_USEC: '3000000', WATCHDOG_PID: '7' }, 3000],
    [{ WATCHDOG_USEC: '3000000', WATCHDOG_PID: '8' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
    [{ WATCHDOG_USEC: 'soon' }, undefined],
    [{}, undefined],
  ])('with %j waits %s ms for a sign of life', async (env, expected) => {
    const { service } = await connect({ NOTIFY_SOCKET: '/n', ...env });
    expect(service.watchdogMs).toBe(expected);
  });
});
