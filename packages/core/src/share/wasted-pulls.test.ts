import { describe, expect, it } from '@jest/globals';
import { Fleet, START_MS, TOPIC, type FleetNode } from './test-fleet.js';
import { many } from './test-leases.js';

type Said = Record<string, unknown>;

/** Says what a node says, without being one. */
function tell(node: FleetNode, topic: string, said: Said): void {
  node.share.receive(topic, Buffer.from(JSON.stringify({ v: 1, ...said })));
}

/** A digest that no ledger has. */
function beaconOf(name: string, node: FleetNode): Said {
  return { node: name, digest: 'abcdabcdabcdabcd', at: node.clock.nowMs() };
}

/** Answers pulls with one lease every nine seconds, and never ends. */
function answerSlowly(fleet: Fleet, victim: FleetNode, name: string): void {
  let pieces = 0;
  const publish = fleet.publish.bind(fleet);
  fleet.publish = (from, topic, payload) => {
    if (topic !== `vallumd/${name}/sync`) {
      publish(from, topic, payload);
      return;
    }
    const { id, kind, chunk } = JSON.parse(payload) as Said;
    const send = (body: Said): void => {
      fleet.time.after(9_000, () => {
        tell(victim, `vallumd/${victim.name}/sync`, { from: name, topic: TOPIC, id, ...body });
      });
    };
    if (kind === 'compare') {
      const digests = Buffer.alloc(64 * 512, 7).toString('base64');
      send({ kind: 'buckets', groups: [...Array(64).keys()], digests });
    }
    if (kind === 'list') pieces = 0;
    if (kind !== 'list' && kind !== 'more') return;
    const columns = {
      ...{ family: 'ipv4', addresses: '203.0.113.9', kinds: 'l', origins: [], origin: 0 },
      ...{ reasons: [], reason: 0, since: START_MS, stamp: 0, after: 0, until: null, keep: 0 },
    };
    send({ kind: 'piece', chunk, number: pieces++, columns });
  };
}

describe('pulls that come to nothing', () => {
  it('from a node that says a little for ever leave others their turn', () => {
    const fleet = new Fleet({ seed: 15, nodes: 1 });
    const [victim] = fleet.nodes as [FleetNode];
    victim.know(many(50));
    victim.start();
    answerSlowly(fleet, victim, 'evil');
    let secondsPulling = 0;
    for (let second = 0; second < 7_200; second++) {
      tell(victim, `${TOPIC}/sync`, beaconOf('evil', victim));
      fleet.run(1);
      if (victim.share.status()[0]?.pulling === 'evil') secondsPulling += 1;
    }
    expect(secondsPulling).toBeGreaterThan(100);
    expect(secondsPulling).toBeLessThan(3_600);
  });

  it('from names that nobody answers to are tried less and less often', () => {
    const fleet = new Fleet({ seed: 16, nodes: 1 });
    const [victim] = fleet.nodes as [FleetNode];
    victim.know(many(50));
    victim.start();
    const publish = fleet.publish.bind(fleet);
    let questions = 0;
    fleet.publish = (from, topic, payload) => {
      if (topic.startsWith('vallumd/ghost')) questions += 1;
      publish(from, topic, payload);
    };
    for (let second = 0; second < 3_600; second++) {
      tell(victim, `${TOPIC}/sync`, beaconOf('ghost', victim));
      fleet.run(1);
    }
    expect(questions).toBeGreaterThan(5);
    expect(questions).toBeLessThan(40);
  });

  it('into a ledger that is full become rare', () => {
    const fleet = new Fleet({ seed: 17, nodes: 1, ledger: { limits: { registers: 100 } } });
    const [small] = fleet.nodes as [FleetNode];
    const large = new Fleet({ seed: 17, nodes: 1 }).nodes[0]!.ledger;
    const big = fleet.addNode();
    big.ledger = large;
    small.know(many(100));
    big.know(many(300));
    small.start();
    big.start();
    fleet.run(3_600);
    const before = fleet.traffic.repairs;
    fleet.run(3_600);
    expect(fleet.traffic.repairs - before).toBeLessThan(60);
    for (const { share } of [big, small]) {
      const [status] = share.status();
      expect(status).toMatchObject({ differing: 1, agreedAtUnix: undefined });
    }
    expect(fleet.warnings.join()).toMatch(/Its ledger may be full/);
    expect(big.ledger.size.leases).toBe(300);
    expect(small.ledger.size.leases).toBe(100);
  });
});
