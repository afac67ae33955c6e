import { describe, expect, it } from '@jest/globals';
import { describeStop, describeSuccess, describeUnheard, exitCodeOf } from './describe-outcome.js';
import type { PlannedMessage } from './plan-messages.js';
import type { StopCause } from './send.js';

const request = {
  action: 'ban',
  topic: 'blacklist/add',
  qos: 1,
  waitSeconds: 10,
  terms: { timeoutSeconds: 3600 },
} as const;
const none = { entries: 0, messages: 0 };
const tally = {
  confirmed: { entries: 1, messages: 1 },
  unheard: none,
  unconfirmed: none,
  duplicates: 0,
};
const broker = 'localhost:1883';

function planned(entries: number): PlannedMessage {
  const lines = Array.from({ length: entries }, (_, n) => `192.0.2.${n.toString()} until never`);
  return {
    topic: 'blacklist/add',
    payload: Buffer.from(lines.join('\n')),
    entries,
    from: 'list.txt:1',
    to: `list.txt:${entries.toString()}`,
  };
}

function stop(cause: StopCause, unconfirmed: readonly PlannedMessage[], detail = '') {
  return { kind: 'stopped', cause, detail, unconfirmed } as const;
}

describe('describeSuccess', () => {
  it('says in one line what was sent and who confirmed it', () => {
    expect(describeSuccess(request, tally, broker)).toBe(
      'sent 1 ban to blacklist/add, for 1h (confirmed by localhost:1883)',
    );
    const long = { ...tally, confirmed: { entries: 5000, messages: 2 }, duplicates: 1 };
    expect(describeSuccess(request, long, broker)).toBe(
      'sent 5,000 bans to blacklist/add in 2 messages, 1 duplicate left out, for 1h (confirmed by localhost:1883)',
    );
  });

  it('claims no confirmation at QoS 0', () => {
    const sent = { ...tally, confirmed: none, unconfirmed: { entries: 1, messages: 1 } };
    expect(describeSuccess({ ...request, qos: 0 }, sent, broker)).toBe(
      'sent 1 ban to blacklist/add, for 1h (at QoS 0 localhost:1883 confirms nothing)',
    );
    expect(describeSuccess(request, sent, broker)).toBe(
      'sent 1 ban to blacklist/add, for 1h (not confirmed: localhost:1883 takes QoS 0 only)',
    );
  });
});

describe('describeUnheard', () => {
  it('names the topic, and what vallumd would have to be told', () => {
    const told = { ...tally, confirmed: none, unheard: { entries: 1, messages: 1 } };
    const said = describeUnheard({ ...request, topic: 'site/a/add' }, told, broker);
    expect(said).toMatch(/^nobody listens to site\/a\/add: localhost:1883 took 1 ban /);
    expect(said).toContain('vallumd runs with -t site/a;');
  });

  it('blames no name where others of the list were heard', () => {
    const told = { ...tally, unheard: { entries: 1024, messages: 1 } };
    const said = describeUnheard(request, told, broker);
    expect(said).toMatch(/^nobody listened to blacklist\/add when localhost:1883 took 1,024 bans/);
    expect(said).not.toContain('--set');
  });
});

describe('describeStop', () => {
  it('names a few addresses that are not confirmed', () => {
    const stopped = stop('unconfirmed', [planned(2)]);
    expect(describeStop(request, stopped, { ...tally, confirmed: none }, broker)).toEqual([
      'localhost:1883 did not confirm within 10s (--wait)',
      'not confirmed: 192.0.2.0, 192.0.2.1',
      'send all of it again: what arrives twice does no harm',
    ]);
  });

  it('names many by their places, after what was confirmed', () => {
    const stopped = stop('interrupted', [planned(50)]);
    expect(
      describeStop(
        request,
        stopped,
        { ...tally, confirmed: { entries: 1200, messages: 2 } },
        broker,
      ),
    ).toEqual([
      'interrupted',
      'confirmed: 1,200 bans',
      'not confirmed: 50 entries of list.txt:1 to list.txt:50, and whatever follows',
      'send all of it again: what arrives twice does no harm',
    ]);
  });

  it('names topic and remedy where the broker refuses a message', () => {
    const stopped = stop('message-refused', [], 'not authorised (0x87)');
    const [headline] = describeStop(request, stopped, tally, broker);
    expect(headline).toBe(
      'localhost:1883 refused a message to blacklist/add: not authorised (0x87); its access rules (ACL) must let this user publish there',
    );
  });
});

describe('exitCodeOf', () => {
  it.each<[StopCause, number]>([
    ['unreachable', 69],
    ['unconfirmed', 75],
    ['refused', 77],
    ['message-refused', 77],
    ['protocol', 76],
    ['interrupted', 130],
  ])('ends %s with %d', (cause, code) => {
    expect(exitCodeOf(cause)).toBe(code);
  });
});
