import { describe, expect, it } from '@jest/globals';
import { answerOf, Model, type Operation } from './model.js';

const now = 1_000;

function ban(origin: string, stamp: number, until = Infinity): Operation {
  return { action: 'ban', address: '192.0.2.1', origin, stamp, until };
}

function unban(origin: string, stamp: number): Operation {
  return { action: 'unban', address: '192.0.2.1', origin, stamp, until: 0 };
}

function exactly(until: number) {
  return { earliest: until, latest: until };
}

/** The same in both orders of arrival. */
function bothWays(...operations: Operation[]) {
  const answer = answerOf(operations, now);
  expect(answerOf([...operations].reverse(), now)).toEqual(answer);
  return answer;
}

describe('the model', () => {
  it('has a ban last until its longest lease ends', () => {
    expect(bothWays(ban('web1', 1, 2_000), ban('web2', 2, 1_500))).toEqual(exactly(2_000));
  });

  it('lets an origin shorten what it asked for', () => {
    expect(bothWays(ban('web1', 1, 2_000), ban('web1', 2, 1_500))).toEqual(exactly(1_500));
    expect(bothWays(ban('web1', 1, 2_000), ban('web1', 2, 900))).toBeUndefined();
  });

  it("ends by an origin's unban its own lease alone", () => {
    expect(bothWays(ban('web1', 1), ban('web2', 1, 2_000), unban('web1', 2))).toEqual(
      exactly(2_000),
    );
  });

  it('ends by a sweep every lease that is not younger', () => {
    expect(bothWays(ban('web1', 1), ban('', 2), unban('', 2))).toBeUndefined();
    expect(bothWays(ban('web1', 1), ban('web2', 3, 2_000), unban('', 2))).toEqual(exactly(2_000));
  });

  it('does not bring back what was superseded before it was swept', () => {
    expect(bothWays(ban('web1', 3, 900), ban('web1', 1), unban('', 2))).toBeUndefined();
  });

  it('at equal stamps has an unban before a ban, and the later end before the earlier', () => {
    expect(bothWays(ban('web1', 1), unban('web1', 1))).toBeUndefined();
    expect(bothWays(ban('web1', 1, 1_500), ban('web1', 1, 2_000))).toEqual(exactly(2_000));
  });

  it('knows no ban whose time is over', () => {
    expect(answerOf([ban('web1', 1, now)], now)).toBeUndefined();
  });

  it('leaves open when a bare ban with a timeout ends', () => {
    const bare = { ...ban('', 1, 1_500), looseSeconds: 60 };
    expect(answerOf([bare], now)).toEqual({ earliest: 1_440, latest: 1_560 });
  });
});

describe('what is in doubt', () => {
  it('an operation that was not confirmed may hold or not', () => {
    const model = new Model();
    model.claim(ban('web1', 1, 2_000)).confirmedMs = 1;
    model.claim(unban('web1', 2));
    expect(model.answers('192.0.2.1', now)).toEqual([exactly(2_000), undefined]);
  });

  it('one that was confirmed holds', () => {
    const model = new Model();
    model.claim(ban('web1', 1, 2_000)).confirmedMs = 1;
    model.claim(unban('web1', 2)).confirmedMs = 2;
    expect(model.answers('192.0.2.1', now)).toEqual([undefined]);
  });

  it('one confirmed just before the broker lost its memory, or before nodes were back, may not', () => {
    const model = new Model();
    const claims = [40_000, 49_000, 55_000, 60_001].map((confirmedMs) => {
      const claim = model.claim(ban(`at${String(confirmedMs)}`, 1));
      claim.confirmedMs = confirmedMs;
      return claim;
    });
    model.brokerLost(50_000);
    model.brokerBack(60_000);
    expect(claims.map((claim) => model.isSure(claim))).toEqual([true, false, false, true]);
  });

  it('says nothing where too much is in doubt, but for what a certain sweep has ended', () => {
    const model = new Model();
    for (let stamp = 1; stamp < 20; stamp += 1) model.claim(ban(`web${String(stamp)}`, stamp));
    expect(model.answers('192.0.2.1', now)).toBeUndefined();
    model.claim(unban('', 19)).confirmedMs = 19;
    expect(model.answers('192.0.2.1', now)).toEqual([undefined]);
  });
});
