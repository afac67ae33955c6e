import { describe, expect, it } from '@jest/globals';
import { address, type Entry } from '../ledger/test-columns.js';
import { Fleet, START_MS, type FleetNode } from './test-fleet.js';
import { lease, many } from './test-leases.js';

const DAY = 86_400;

describe('a node that was away for longer than withdrawals are remembered', () => {
  function away(fleet: Fleet, entries: readonly Entry[]): FleetNode {
    const node = fleet.addNode({ lastTouchUnix: START_MS / 1000 - 40 * DAY });
    node.know(entries);
    return node;
  }
  const old = START_MS - 50 * DAY * 1_000;

  it('takes what the others hold, and gives up what none of them does', () => {
    const fleet = new Fleet({ seed: 6, nodes: 3 });
    const common = many(500);
    const theirs = { address: address('192.0.2.1'), register: lease(old, 'web2') };
    for (const node of fleet.nodes) {
      node.know([...common, theirs]);
      node.lastTouchUnix = START_MS / 1000 - 60;
      node.start();
    }
    fleet.run(30);
    const back = away(fleet, [
      ...common.slice(0, 100),
      // Ended while it was away, and the withdrawal is forgotten by now.
      { address: address('198.51.100.1'), register: lease(old) },
      // An anonymous one: what ends it must not end what others have asked for.
      { address: address('192.0.2.1'), register: { ...lease(old + 5, ''), reason: '' } },
    ]);
    expect(back.share.returning).toBe(true);
    back.start();
    expect(fleet.settle(60)).toBeDefined();
    expect(back.share.returning).toBe(false);
    expect(back.informed.join('\n')).toMatch(/gives up 2 leases/);
    fleet.run(200);
    for (const node of fleet.nodes) expect(node.ledger.size.leases).toBe(501);
    expect(fleet.isEqual()).toBe(true);
  });

  it('keeps what it has where there is no other', () => {
    const fleet = new Fleet({ seed: 7, nodes: 0 });
    const back = away(fleet, many(10));
    back.start();
    fleet.run(300);
    expect(back.share.returning).toBe(true);
    expect(back.lastTouchUnix).toBeUndefined();
    fleet.run(400);
    expect(back.share.returning).toBe(false);
    expect(back.lastTouchUnix).toBeDefined();
    expect(back.ledger.size.leases).toBe(10);
    expect(back.informed.join('\n')).toMatch(/keeps what it has/);
  });

  it('does so too where its clock was set only after the start', () => {
    const fleet = new Fleet({ seed: 12, nodes: 3 });
    for (const node of fleet.nodes) {
      node.know(many(100));
      node.lastTouchUnix = START_MS / 1000 - 60;
      node.start();
    }
    fleet.run(30);
    // A machine without a clock of its own goes on with the time at which it went down.
    const back = fleet.addNode({ lastTouchUnix: START_MS / 1000 - 40 * DAY });
    back.skewMs = -40 * DAY * 1_000;
    back.know([...many(100), { address: address('198.51.100.1'), register: lease(old) }]);
    back.start();
    expect(back.share.returning).toBe(false);
    back.setClock(40 * DAY * 1_000);
    expect(back.share.returning).toBe(true);
    fleet.run(200);
    expect(back.share.returning).toBe(false);
    for (const node of fleet.nodes) expect(node.ledger.size.leases).toBe(100);
  });

  it('is none where its clock was only wrong at the start', () => {
    const fleet = new Fleet({ seed: 13, nodes: 3 });
    for (const node of fleet.nodes) {
      node.know(many(100));
      node.lastTouchUnix = START_MS / 1000 - 60;
      node.start();
    }
    fleet.run(30);
    const back = fleet.addNode({ lastTouchUnix: START_MS / 1000 - 60 });
    back.know([...many(100), { address: address('198.51.100.1'), register: lease(START_MS) }]);
    back.skewMs = 40 * DAY * 1_000;
    back.start();
    expect(back.share.returning).toBe(true);
    back.setClock(-40 * DAY * 1_000);
    expect(back.share.returning).toBe(false);
    fleet.run(200);
    for (const node of fleet.nodes) expect(node.ledger.size.leases).toBe(101);
  });

  it('is whole with the others where all of them were away', () => {
    const fleet = new Fleet({ seed: 14, nodes: 3 });
    fleet.nodes.forEach((node, index) => {
      node.know(many(80 + 10 * index));
      node.lastTouchUnix = START_MS / 1000 - 40 * DAY;
      node.start();
    });
    fleet.run(500);
    for (const node of fleet.nodes) expect(node.share.returning).toBe(true);
    fleet.run(400);
    for (const node of fleet.nodes) {
      expect(node.share.returning).toBe(false);
      expect(node.ledger.size.leases).toBe(100);
    }
  });
});
