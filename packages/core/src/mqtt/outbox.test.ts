import { describe, expect, it } from '@jest/globals';
import { VallumError } from '../words/errors.js';
import type { OutgoingMessage } from '../transport/transport.js';
import { Outbox } from './outbox.js';

/** A connection that confirms when told to. */
function line(outbox: Outbox, receiveMaximum = 65_535) {
  const sent: { topic: string; done: (error?: VallumError) => void }[] = [];
  outbox.connected(({ topic }: OutgoingMessage, done) => {
    sent.push({ topic, done });
  }, receiveMaximum);
  return sent;
}

const topics = (sent: readonly { topic: string }[]) => sent.map(({ topic }) => topic);
const message = (topic: string): OutgoingMessage => ({ topic, payload: '' });

describe('Outbox', () => {
  it('has no more than 20 messages unconfirmed, fewer where the broker says so', async () => {
    for (const [limit, expected] of [
      [65_535, 20],
      [3, 3],
    ] as const) {
      const outbox = new Outbox();
      const all = Array.from({ length: 30 }, (_, index) => outbox.add(message(String(index))));
      const sent = line(outbox, limit);
      expect(sent).toHaveLength(expected);
      sent[0]?.done();
      await all[0];
      expect(sent).toHaveLength(expected + 1);
      expect(topics(sent)).toEqual(Array.from({ length: expected + 1 }, (_, index) => `${index}`));
    }
  });

  it('sends 100,000 messages that are done at once without running out of stack', async () => {
    const outbox = new Outbox({ mostMessages: 100_000 });
    const all = Array.from({ length: 100_000 }, () => outbox.add(message('a')));
    outbox.connected((_message, done) => {
      done();
    }, 1);
    await expect(Promise.all(all)).resolves.toHaveLength(100_000);
  });

  it('sends again in order what a connection left unconfirmed, one by one', async () => {
    const outbox = new Outbox();
    const all = ['a', 'b', 'c'].map((topic) => outbox.add(message(topic)));
    line(outbox);
    outbox.disconnected('gone');
    const sent = line(outbox);
    expect(topics(sent)).toEqual(['a']);
    sent[0]?.done();
    expect(topics(sent)).toEqual(['a', 'b']);
    sent[1]?.done();
    sent[2]?.done();
    await Promise.all(all);
  });

  it('ignores the late confirmation of a connection that is gone', async () => {
    const outbox = new Outbox();
    const adding = outbox.add(message('a'));
    const before = line(outbox);
    outbox.disconnected('gone');
    const after = line(outbox);
    before[0]?.done();
    outbox.rejectAll(new VallumError('closed', { code: 'CLOSED', operation: 'test' }));
    await expect(adding).rejects.toMatchObject({ code: 'CLOSED' });
    expect(after).toHaveLength(1);
  });

  it('rejects what the broker refuses, and goes on', async () => {
    const outbox = new Outbox();
    const all = ['a', 'b'].map((topic) => outbox.add(message(topic)));
    const sent = line(outbox, 1);
    sent[0]?.done(new VallumError('no', { code: 'BROKER_REFUSED', operation: 'test' }));
    sent[1]?.done();
    await expect(all[0]).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
    await all[1];
  });

  it('gives up the message during which the connection ended five times', async () => {
    const outbox = new Outbox();
    const adding = outbox.add(message('poison'));
    const rejected = expect(adding).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringMatching(/5 times.*hung up/),
    });
    for (let connection = 0; connection < 5; connection += 1) {
      expect(line(outbox)).toHaveLength(1);
      outbox.disconnected('hung up');
    }
    await rejected;
    expect(line(outbox)).toHaveLength(0);
  });

  it('takes so many messages and so much of them, and at once refuses what is beyond', async () => {
    const few = new Outbox({ mostMessages: 2 });
    const both = [few.add(message('a')), few.add(message('b'))];
    await expect(few.add(message('c'))).rejects.toMatchObject({ code: 'OUTBOX_FULL' });
    const sent = line(few);
    sent[0]?.done();
    const third = few.add(message('c'));
    await expect(few.add(message('d'))).rejects.toMatchObject({
      code: 'OUTBOX_FULL',
      message: expect.stringMatching(/^2 messages with 0\.0 MiB wait/),
    });
    expect(topics(sent)).toEqual(['a', 'b', 'c']);
    sent[1]?.done();
    sent[2]?.done();
    await Promise.all([...both, third]);
    const small = new Outbox({ mostBytes: 10 });
    void small.add({ topic: 'a', payload: 'x'.repeat(8) });
    await expect(small.add({ topic: 'a', payload: 'x' })).rejects.toMatchObject({
      code: 'OUTBOX_FULL',
    });
  });

  it('by default lets 10,000 messages wait', async () => {
    const outbox = new Outbox();
    for (let count = 0; count < 10_000; count += 1) void outbox.add(message('a'));
    await expect(outbox.add(message('a'))).rejects.toMatchObject({ code: 'OUTBOX_FULL' });
  });

  it('does not send what was given up before its turn, and has room for another', async () => {
    const outbox = new Outbox({ mostMessages: 3 });
    const giveUp = new AbortController();
    const first = outbox.add(message('a'));
    const second = outbox.add(message('b'), { signal: giveUp.signal });
    const third = outbox.add(message('c'));
    giveUp.abort(new Error('enough'));
    await expect(second).rejects.toMatchObject({
      code: 'ABORTED',
      cause: expect.objectContaining({ message: 'enough' }),
    });
    const fourth = outbox.add(message('d'));
    const sent = line(outbox);
    expect(topics(sent)).toEqual(['a', 'c', 'd']);
    for (const { done } of sent) done();
    await Promise.all([first, third, fourth]);
  });

  it('takes nothing whose signal has fired already', async () => {
    const outbox = new Outbox();
    await expect(outbox.add(message('a'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(line(outbox)).toEqual([]);
  });

  it('does not send again what was given up on its way, and waits for its answer meanwhile', async () => {
    const outbox = new Outbox();
    const giveUp = new AbortController();
    const first = outbox.add(message('a'), { signal: giveUp.signal });
    const before = line(outbox, 1);
    const second = outbox.add(message('b'));
    giveUp.abort();
    await expect(first).rejects.toMatchObject({ code: 'ABORTED' });
    expect(topics(before)).toEqual(['a']);
    before[0]?.done();
    expect(topics(before)).toEqual(['a', 'b']);
    outbox.disconnected('gone');
    const after = line(outbox);
    expect(topics(after)).toEqual(['b']);
    after[0]?.done();
    await second;
  });

  it('keeps no trace of the many that give up while the broker is away', async () => {
    const outbox = new Outbox({ mostMessages: 10 });
    const kept = outbox.add(message('kept'));
    for (let count = 0; count < 5_000; count += 1) {
      const giveUp = new AbortController();
      const adding = outbox.add(message(String(count)), { signal: giveUp.signal });
      giveUp.abort();
      await expect(adding).rejects.toMatchObject({ code: 'ABORTED' });
    }
    expect(outbox.length).toBeLessThan(1_100);
    const sent = line(outbox);
    expect(topics(sent)).toEqual(['kept']);
    sent[0]?.done();
    await kept;
  });
});
