import { describe, expect, it } from '@jest/globals';
import {
  VallumError,
  type ConnectionState,
  type OutgoingMessage,
  type Transport,
  type VallumErrorCode,
} from '@vallum/core';
import { Losses } from './losses.js';
import { send } from './send.js';

/** A broker that does what it is told, message by message. */
class FakeTransport implements Transport {
  readonly published: OutgoingMessage[] = [];
  opened = 0;
  most = 0;
  #underWay = 0;

  constructor(
    readonly state: ConnectionState | undefined,
    readonly answer: (message: OutgoingMessage) => Promise<void>,
  ) {}

  open(handlers: { connection(state: ConnectionState): void }): void {
    this.opened += 1;
    const { state } = this;
    if (state) setTimeout(() => handlers.connection(state), 0);
  }
  subscribe(): void {
    throw new Error('a publisher subscribes to nothing');
  }
  async publish(message: OutgoingMessage): Promise<void> {
    this.published.push(message);
    this.#underWay += 1;
    this.most = Math.max(this.most, this.#underWay);
    await this.answer(message).finally(() => (this.#underWay -= 1));
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

const connected: ConnectionState = {
  state: 'connected',
  sessionPresent: false,
  protocolVersion: 5,
  brokerAddresses: [],
};
const never = () => new Promise<void>(() => undefined);
const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 2));
const message = (payload: string): OutgoingMessage => ({ topic: 'a/add', payload, qos: 2 });
async function* messages(count: number) {
  for (let n = 0; n < count; n += 1) yield message(String(n));
}
const failing = (code: VallumErrorCode) => () =>
  Promise.reject(new VallumError('no', { code, operation: 'publish' }));

describe('send', () => {
  it('tells a broker that ends the connection each time from one that is slow', async () => {
    const cutting = (states: readonly ConnectionState[]) => {
      const transport = new FakeTransport(connected, never);
      const open = transport.open.bind(transport);
      transport.open = (handlers) => {
        open(handlers);
        states.forEach((state, index) => setTimeout(() => handlers.connection(state), 5 + index));
      };
      return send(transport, messages(1), { waitMs: 60 });
    };
    const lost: ConnectionState = { state: 'disconnected', detail: 'gone' };
    expect(await cutting([lost, connected, lost])).toMatchObject({ cause: 'cut-off', cuts: 2 });
    expect(await cutting([lost, lost])).toMatchObject({ cause: 'unconfirmed' });
  });

  it('lets others hear of losses, also when it is over', async () => {
    const transport = new FakeTransport(connected, soon);
    const open = transport.open.bind(transport);
    let tell: (state: ConnectionState) => void = () => undefined;
    transport.open = (handlers) => {
      open(handlers);
      tell = (state) => handlers.connection(state);
    };
    const losses = new Losses();
    let heard = 0;
    losses.listen(() => (heard += 1));
    await send(transport, messages(1), { waitMs: 1000, losses });
    for (const state of [connected, { state: 'disconnected', detail: 'gone' } as const])
      tell(state);
    expect(heard).toBe(1);
  });

  it('gives up early only where it never gets a connection', async () => {
    const brief = { waitMs: 60_000, connectWithinMs: 20 };
    expect(await send(new FakeTransport(undefined, never), messages(1), brief)).toMatchObject({
      ...{ cause: 'unreachable', isBrief: true },
    });
    const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 60));
    expect(await send(new FakeTransport(connected, slow), messages(1), brief)).toEqual({
      kind: 'confirmed',
    });
  });

  it('is done when every message is confirmed, a few at a time', async () => {
    const transport = new FakeTransport(connected, soon);
    const confirmed: OutgoingMessage[] = [];
    const outcome = await send(transport, messages(30), { waitMs: 1000, window: 4 }, (one) =>
      confirmed.push(one),
    );
    expect(outcome).toEqual({ kind: 'confirmed' });
    expect(confirmed.map(({ payload }) => payload)).toEqual(
      Array.from({ length: 30 }, (_, n) => String(n)),
    );
    expect(transport.most).toBe(4);
  });

  it('does not connect where there is nothing to send', async () => {
    const transport = new FakeTransport(connected, soon);
    expect(await send(transport, messages(0), { waitMs: 10 })).toEqual({ kind: 'confirmed' });
    expect(transport.opened).toBe(0);
  });

  it('gives up where no connection comes, with the last thing that was heard', async () => {
    const transport = new FakeTransport({ state: 'disconnected', detail: 'refused' }, never);
    const heard: string[] = [];
    const outcome = await send(transport, messages(1), {
      waitMs: 20,
      onTrouble: (detail) => heard.push(detail),
    });
    expect(outcome).toMatchObject({ kind: 'stopped', cause: 'unreachable', detail: 'refused' });
    expect(heard).toEqual(['refused']);
  });

  it('tells what was confirmed and what was not when confirmations stay out', async () => {
    const transport = new FakeTransport(connected, ({ payload }) =>
      Number(payload) < 3 ? soon() : never(),
    );
    const confirmed: OutgoingMessage[] = [];
    const outcome = await send(transport, messages(100), { waitMs: 40, window: 4 }, (one) =>
      confirmed.push(one),
    );
    expect(outcome).toMatchObject({
      kind: 'stopped',
      cause: 'unconfirmed',
      unconfirmed: [3, 4, 5, 6].map((n) => message(String(n))),
    });
    expect(confirmed).toHaveLength(3);
    expect(transport.published).toHaveLength(7);
  });

  it('lets each confirmation begin the wait anew', async () => {
    const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
    const transport = new FakeTransport(connected, slow);
    const outcome = await send(transport, messages(10), { waitMs: 100, window: 1 });
    expect(outcome).toEqual({ kind: 'confirmed' });
  });

  it('does not count the time in which nothing is due', async () => {
    const slowList = (async function* () {
      yield message('0');
      await new Promise((resolve) => setTimeout(resolve, 60));
      yield message('1');
    })();
    const outcome = await send(new FakeTransport(connected, soon), slowList, { waitMs: 30 });
    expect(outcome).toEqual({ kind: 'confirmed' });
  });

  it('stops at once when the broker refuses the connection', async () => {
    const transport = new FakeTransport({ state: 'refused', detail: 'bad password' }, never);
    const outcome = await send(transport, messages(1), { waitMs: 60_000 });
    expect(outcome).toMatchObject({ kind: 'stopped', cause: 'refused', detail: 'bad password' });
  });

  it('adds to what the transport says what to type', async () => {
    const untrusted = { detail: 'not trusted', code: 'certificate-untrusted' } as const;
    const refusing = new FakeTransport({ state: 'refused', ...untrusted }, never);
    const refused = await send(refusing, messages(1), { waitMs: 60_000 });
    expect(refused).toMatchObject({ detail: expect.stringMatching(/^not trusted; .*--ca-file/) });
    const silent = { detail: 'no answer', code: 'no-answer-without-tls' } as const;
    const heard: string[] = [];
    await send(new FakeTransport({ state: 'disconnected', ...silent }, never), messages(1), {
      waitMs: 20,
      onTrouble: (detail) => heard.push(detail),
    });
    expect(heard).toEqual([expect.stringMatching(/^no answer; --tls/)]);
  });

  it.each([
    ['BROKER_REFUSED', 'message-refused'],
    ['BROKER_UNREACHABLE', 'unconfirmed'],
    ['CLOSED', 'unconfirmed'],
    ['INVALID_ARGUMENT', 'protocol'],
  ] as const)('stops at a message that fails with %s as %s', async (code, cause) => {
    const transport = new FakeTransport(connected, failing(code));
    const outcome = await send(transport, messages(5), { waitMs: 60_000, window: 1 });
    expect(outcome).toMatchObject({ kind: 'stopped', cause, unconfirmed: [message('0')] });
    expect(transport.published).toHaveLength(1);
  });

  it('stops when it is interrupted, also while it waits for the list', async () => {
    const interrupt = new AbortController();
    const typing = (async function* () {
      yield message('0');
      await never();
    })();
    const running = send(new FakeTransport(connected, soon), typing, {
      waitMs: 60_000,
      signal: interrupt.signal,
    });
    setTimeout(() => interrupt.abort(), 20);
    expect(await running).toMatchObject({ kind: 'stopped', cause: 'interrupted', unconfirmed: [] });
  });

  it('passes on that the list broke', async () => {
    const broken = (async function* () {
      yield message('0');
      throw new Error('disk');
    })();
    const transport = new FakeTransport(connected, soon);
    await expect(send(transport, broken, { waitMs: 1000 })).rejects.toThrow('disk');
  });
});
