import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Fleet, type FleetNode } from './test-fleet.js';
import { anyEntryOfWeight } from './test-registers.js';

/**
 * Live leases without what nodes may differ in: their own stamps, and what a stamp brings with it. By one clock for
 * all nodes, the one that is ahead, else one that ends soon would still be asked of some.
 */
function leases(fleet: Fleet, node: FleetNode): string[] {
  const now = Math.max(...fleet.nodes.map(({ clock }) => clock.nowMs())) / 1000;
  return [...node.ledger.pages()]
    .flatMap((page) =>
      Array.from({ length: page.rowCount }, (_, row) =>
        page
          .leases(row)
          .filter(({ until }) => typeof until !== 'number' || until > now + 70)
          .map(({ origin, until, ownStamp }) =>
            JSON.stringify([
              [...page.words.subarray(row * (page.family === 'ipv4' ? 1 : 4))].slice(
                0,
                page.family === 'ipv4' ? 1 : 4,
              ),
              page.prefixLengths[row],
              origin,
              ownStamp ? 'own' : until,
            ]),
          ),
      ).flat(),
    )
    .sort();
}

describe('nodes that know different things', () => {
  const anySeed = fc.nat(1_000_000);

  it('know the same in the end, whatever it was', () => {
    const anyKnown = fc.array(anyEntryOfWeight, { maxLength: 25 });
    fc.assert(
      fc.property(anySeed, anyKnown, anyKnown, (seed, ours, theirs) => {
        const fleet = new Fleet({ seed, nodes: 2, skewMs: 2_000 });
        const [one, other] = fleet.nodes as [FleetNode, FleetNode];
        one.know(ours);
        other.know(theirs);
        one.start();
        other.start();
        expect(fleet.settle(60)).toBeDefined();
        expect(leases(fleet, one)).toEqual(leases(fleet, other));
        expect(fleet.warnings).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('pass it on from one to the next', () => {
    const anyKnown = fc.array(anyEntryOfWeight, { maxLength: 8 });
    fc.assert(
      fc.property(anySeed, anyKnown, anyKnown, anyKnown, (seed, first, second, third) => {
        const fleet = new Fleet({ seed, nodes: 3 });
        const [one, middle, other] = fleet.nodes as [FleetNode, FleetNode, FleetNode];
        one.know(first);
        middle.know(second);
        other.know(third);
        // Never all three at a time: the one in the middle is on one side, then on the other.
        one.side = 1;
        other.side = 2;
        for (const node of fleet.nodes) node.start();
        for (let turn = 0; turn < 4; turn++) {
          middle.side = turn % 2 === 0 ? 1 : 2;
          middle.stop();
          middle.start();
          fleet.run(40);
        }
        expect(leases(fleet, one)).toEqual(leases(fleet, middle));
        expect(leases(fleet, other)).toEqual(leases(fleet, middle));
      }),
      { numRuns: 30 },
    );
  });
});
