import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '../testing/fake-clock.js';
import { Subscriptions, type SubscriptionManner } from './subscriptions.js';

function harness() {
  const reports: [string, 'granted' | { readonly refused: string }][] = [];
  const clock = createFakeClock();
  let busy = false;
  const subscriptions = new Subscriptions({
    report: (filter, outcome) => reports.push([filter, outcome]),
    clock,
    isBusy: () => busy,
  });
  const asked: string[][] = [];
  const manners: SubscriptionManner[] = [];
  const dropped: string[][] = [];
  const refuse = new Set<string>();
  const late: (() => void)[] = [];
  const connect = (answer = true) => {
    subscriptions.connected({
      subscribe(filters, manner, done) {
        asked.push([...filters]);
        manners.push(manner);
        const reply = () => {
          done(filters.map((filter) => (refuse.has(filter) ? 0x87 : 1)));
        };
        if (answer) reply();
        else late.push(reply);
      },
      unsubscribe(filters, done) {
        dropped.push([...filters]);
        if (answer) done();
      },
    });
  };
  const setBusy = (value: boolean) => (busy = value);
  return { subscriptions, reports, asked, manners, dropped, refuse, connect, clock, late, setBusy };
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
      ['a', { refused: 'not authorised (0x87)' }],
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

  it('says what the broker did not answer, and asks for it again', () => {
    const { subscriptions, reports, asked, connect, clock } = harness();
    subscriptions.want(['a', 'b']);
    connect(false);
    clock.advance(14_999);
    expect(reports).toEqual([]);
    clock.advance(1);
    const refused = 'the broker did not answer within 15 s';
    expect(reports).toEqual([
      ['a', { refused }],
      ['b', { refused }],
    ]);
    expect(subscriptions.anyRefused).toBe(true);
    subscriptions.retryRefused();
    expect(asked).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('hears an answer that comes late', () => {
    const { subscriptions, reports, connect, clock, late } = harness();
    subscriptions.want(['a']);
    connect(false);
    clock.advance(15_000);
    late[0]?.();
    expect(reports.at(-1)).toEqual(['a', 'granted']);
    expect(subscriptions.anyRefused).toBe(false);
  });

  it('waits on where the answer may stand behind messages, and not over another connection', () => {
    const { subscriptions, reports, connect, clock, setBusy } = harness();
    subscriptions.want(['a']);
    connect(false);
    setBusy(true);
    clock.advance(60_000);
    expect(reports).toEqual([]);
    setBusy(false);
    subscriptions.disconnected();
    clock.advance(60_000);
    expect(reports).toEqual([]);
    connect(false);
    clock.advance(15_000);
    expect(reports).toHaveLength(1);
  });

  it('asks for filters that are meant alike together, and anew for one that is meant otherwise', () => {
    const { subscriptions, asked, manners, connect } = harness();
    connect();
    subscriptions.want(['a', { filter: 'b', noLocal: true }, 'c', { filter: 'd', qos: 0 }]);
    expect(asked).toEqual([['a', 'c'], ['b'], ['d']]);
    expect(manners).toEqual([
      { qos: 1, noLocal: false, retainHandling: 0 },
      { qos: 1, noLocal: true, retainHandling: 0 },
      { qos: 0, noLocal: false, retainHandling: 0 },
    ]);
    subscriptions.want(['a', { filter: 'b', noLocal: true }, { filter: 'c', retainHandling: 2 }]);
    expect(asked.slice(3)).toEqual([['c']]);
    expect(manners.at(-1)).toEqual({ qos: 1, noLocal: false, retainHandling: 2 });
  });
});
