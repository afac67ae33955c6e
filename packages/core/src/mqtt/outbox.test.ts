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
    const outbox = new Outbox();
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
});
