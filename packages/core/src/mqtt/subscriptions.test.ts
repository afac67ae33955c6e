import { describe, expect, it } from '@jest/globals';
import { Subscriptions, type Outcome } from './subscriptions.js';

function harness() {
  const reports: [string, Outcome][] = [];
  const subscriptions = new Subscriptions((filter, outcome) => reports.push([filter, outcome]));
  const asked: string[][] = [];
  const dropped: string[][] = [];
  const refuse = new Set<string>();
  const connect = (answer = true) => {
    subscriptions.connected({
      subscribe(filters, done) {
        asked.push([...filters]);
        if (answer) done(filters.map((filter) => (refuse.has(filter) ? 0x87 : 1)));
      },
      unsubscribe(filters, done) {
        dropped.push([...filters]);
        if (answer) done();
      },
    });
  };
  return { subscriptions, reports, asked, dropped, refuse, connect };
}

describe('Subscriptions', () => {
  it('asks for everything on each connection, in small packets', () => {
    const { subscriptions, asked, connect } = harness();
    const filters = Array.from({ length: 10 }, (_, index) => `t${index}`);
    subscriptions.want(filters);
    expect(asked).toEqual([]);
    connect();
    subscriptions.disconnected();
    connect();
    expect(asked).toEqual([
      filters.slice(0, 8),
      filters.slice(8),
      filters.slice(0, 8),
      filters.slice(8),
    ]);
  });

  it('unsubscribes what was dropped while away, until the broker has confirmed it', () => {
    const { subscriptions, dropped, connect } = harness();
    subscriptions.want(['a', 'b']);
    connect();
    subscriptions.disconnected();
    subscriptions.want(['b']);
    connect(false);
    subscriptions.disconnected();
    connect();
    subscriptions.disconnected();
    connect();
    expect(dropped).toEqual([['a'], ['a']]);
  });

  it('subscribes anew to a filter that was dropped and is wanted again', () => {
    const { subscriptions, asked, connect } = harness();
    subscriptions.want(['a']);
    connect();
    subscriptions.want([]);
    subscriptions.want(['a']);
    expect(asked).toEqual([['a'], ['a']]);
  });

  it('reports each answer, and asks again for what was refused when told to', () => {
    const { subscriptions, reports, asked, refuse, connect } = harness();
    refuse.add('a');
    subscriptions.want(['a', 'b']);
    connect();
    expect(reports).toEqual([
      ['a', { refused: 0x87 }],
      ['b', 'granted'],
    ]);
    expect(subscriptions.anyRefused).toBe(true);
    refuse.clear();
    subscriptions.retryRefused();
    expect(asked.at(-1)).toEqual(['a']);
    expect(reports.at(-1)).toEqual(['a', 'granted']);
    expect(subscriptions.anyRefused).toBe(false);
  });

  it('wants every topic until it is told what is wanted', () => {
    const { subscriptions } = harness();
    expect(subscriptions.isWanted('x')).toBe(true);
    subscriptions.want(['a/#']);
    expect(subscriptions.isWanted('x')).toBe(false);
    expect(subscriptions.isWanted('a/x')).toBe(true);
  });

  it('never takes back a wanted filter because of a stray, and speaks once of each topic', () => {
    const { subscriptions, dropped, connect } = harness();
    subscriptions.want(['old/+/x']);
    connect();
    expect(subscriptions.stray('old/a')).toBe(true);
    expect(subscriptions.stray('old/a')).toBe(false);
    expect(dropped.flat()).toContain('old/#');
    expect(dropped.flat()).not.toContain('old/+/x');
  });

  it('keeps the list of strays short under a flood', () => {
    const { subscriptions } = harness();
    subscriptions.want([]);
    const spoken = Array.from({ length: 1_000 }, (_, index) => subscriptions.stray(`x/${index}`));
    expect(spoken.filter(Boolean)).toHaveLength(100);
  });
});
