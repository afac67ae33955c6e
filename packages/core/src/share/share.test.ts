import { describe, expect, it } from '@jest/globals';
import type { Register } from '../lease/register.js';
import { address, columnsOf } from '../ledger/test-columns.js';
import { disturb } from './test-disturbances.js';
import { Fleet, seeded, SET, START_MS, TOPIC, type FleetNode } from './test-fleet.js';
import { lease, many } from './test-leases.js';

describe('a fleet', () => {
  it.each([1, 2, 3])(
    'holds the same within a minute of each disturbance (seed %d)',
    (seed) => {
      const { phases, restBeaconsPerSecond } = disturb({ seed, nodes: 24, restSeconds: 900 });
      for (const { name, seconds } of phases)
        expect([name, seconds]).toEqual([name, expect.any(Number)]);
      expect(restBeaconsPerSecond).toBeLessThan(0.05);
    },
    60_000,
  );

  it('does the same again for the same seed', () => {
    const run = () => disturb({ seed: 7, nodes: 8, restSeconds: 100 }).fleet.traffic;
    expect(run()).toEqual(run());
  }, 30_000);
});

describe('a fleet whose clocks were hours ahead, and are right again', () => {
  it('repairs as soon as ever', () => {
    const fleet = new Fleet({ seed: 9, nodes: 2 });
    const entries = many(40);
    const [one, other] = fleet.nodes;
    const setClocks = (byMs: number) => {
      for (const node of fleet.nodes) node.setClock(byMs);
    };
    for (const node of fleet.nodes) {
      node.know(entries.slice(0, 20));
      node.start();
    }
    fleet.run(60);
    setClocks(7_200_000);
    // What they take meanwhile is noted by those clocks.
    one!.know(entries.slice(20, 25));
    other!.know(entries.slice(25, 30));
    expect(fleet.settle(30)).toEqual(expect.any(Number));
    setClocks(-7_200_000);
    fleet.run(120);
    other!.know(entries.slice(30));
    expect(fleet.settle(30)).toEqual(expect.any(Number));
    expect(one!.lines()).toHaveLength(40);
  });
});

describe('a node that comes', () => {
  it('empty is whole within seconds, and took the youngest first', () => {
    const fleet = new Fleet({ seed: 4, nodes: 2 });
    for (const node of fleet.nodes) {
      node.know(many(20_000));
      node.start();
    }
    fleet.run(60);
    const taken: number[] = [];
    const late = fleet.addNode();
    const take = late.take.bind(late);
    late.take = (columns) => {
      taken.push(...columns.stamps.subarray(0, columns.length));
      take(columns);
    };
    late.start();
    const seconds = fleet.settle(20);
    expect(seconds).toBeLessThan(5);
    const hourAgo = late.clock.nowMs() - 3_600_000;
    const firstOld = taken.findIndex((stamp) => stamp < hourAgo);
    expect(taken.slice(firstOld).some((stamp) => stamp > hourAgo + 10_000)).toBe(false);
    expect(fleet.nodes[0]!.share.status()[0]!.agreedAtUnix).toBeDefined();
    expect(late.share.status()).toMatchObject([
      { topic: TOPIC, digest: fleet.nodes[0]!.digest, differing: 0, taken: 20_000, given: 0 },
    ]);
  });

  it.each([
    ['where nothing lives', 0],
    ['beside what lives', 20],
  ])('new learns what is over, and what was lifted: %s', (_, live) => {
    const fleet = new Fleet({ seed: 6, nodes: 2 });
    const now = START_MS / 1000;
    const remembering = (node: FleetNode) => {
      node.ledger.page(SET, 'ipv4').rememberLeases((__, until) => until + 86_400);
    };
    const over = (ago: number) => ({
      address: address('203.0.113.7'),
      register: lease(START_MS - 1000 * ago, 'web1', now + 30 - ago),
    });
    for (const node of fleet.nodes) {
      remembering(node);
      // Each of its time: a ban that is over when the next comes.
      for (const ago of [20, 10, 0]) node.know([over(ago)]);
      node.know(many(live));
      node.start();
    }
    fleet.run(60);
    const late = fleet.addNode();
    remembering(late);
    late.start();
    // Where it knows what lives, it waits for somebody to say so: at most for the longest interval.
    fleet.run(live === 0 ? 300 : 30);
    const heard = ({ ledger }: FleetNode) => {
      const page = ledger.page(SET, 'ipv4');
      const row = page.findAt(columnsOf('ipv4', [over(0)]), 0);
      return row < 0 ? [] : page.heard(row).sort((one, other) => one.stampMs - other.stampMs);
    };
    expect(heard(late)).toHaveLength(3);
    expect(heard(late)).toEqual(heard(fleet.nodes[0]!));
    // Once is enough.
    const { repairs } = fleet.traffic;
    fleet.run(600);
    expect(fleet.traffic.repairs).toBe(repairs);
  });

  it('brings what only it has', () => {
    const fleet = new Fleet({ seed: 5, nodes: 3 });
    for (const node of fleet.nodes) node.start();
    fleet.run(30);
    const late = fleet.addNode();
    late.know(many(3_000));
    late.start();
    expect(fleet.settle(60)).toBeDefined();
    for (const node of fleet.nodes) expect(node.ledger.size.leases).toBe(3_000);
  });
});

describe('messages that say nothing', () => {
  it('are passed over without a word where all they hold begins with x-', () => {
    const fleet = new Fleet({ seed: 8, nodes: 1 });
    const [node] = fleet.nodes as [FleetNode];
    node.start();
    fleet.run(5);
    const probe = Buffer.from('{"v":1,"x-probe":"somebody","x-more":{"a":[1]}}');
    expect(node.share.receive(`${TOPIC}/sync`, probe)).toBe(true);
    expect(node.share.receive('vallumd/n0/sync', probe)).toBe(true);
    expect(fleet.warnings).toEqual([]);
    for (const text of ['{"v":1}', '{"v":1,"x-a":1,"b":2}', '{"x-probe":1}', '{"v":2,"x-a":1}']) {
      const { length } = fleet.warnings;
      node.share.receive(`${TOPIC}/sync`, Buffer.from(text));
      node.share.receive('vallumd/n0/sync', Buffer.from(text));
      fleet.run(601);
      expect([text, fleet.warnings.length]).toEqual([text, length + 2]);
    }
  });
});

describe('hostile messages', () => {
  const bytes = (value: unknown): Uint8Array =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  const inbox = 'vallumd/n0/sync';
  const head = { v: 1, from: 'evil', topic: TOPIC, id: '0123456789abcdef' };

  function victim(): { fleet: Fleet; node: FleetNode } {
    const fleet = new Fleet({ seed: 8, nodes: 1 });
    const [node] = fleet.nodes as [FleetNode];
    node.know(many(50));
    node.start();
    fleet.run(5);
    return { fleet, node };
  }

  it('never make it throw, and never grow it', () => {
    const { fleet, node } = victim();
    const random = seeded(9);
    const pick = <Kind>(all: readonly Kind[]): Kind => all[Math.floor(random() * all.length)]!;
    const oddities = [
      ...[null, -1, 1e300, '', 'x', [], {}, [[]], 'A'.repeat(684), true, 0, 1, 2 ** 32],
      ...['0'.repeat(16), { family: 'ipv4', kinds: 'l', addresses: '10.0.0.1' }, [0, 1, 63, 64]],
    ];
    const kinds = [
      ...['compare', 'same', 'busy', 'buckets', 'list', 'piece', 'more', 'end', 'give', 'taken'],
      ...['done', 'toString', 7],
    ];
    const keys = ['v', 'from', 'topic', 'id', 'chunk', 'number', 'groups', 'digests', 'columns'];
    const more = ['buckets', 'have', 'need', 'whole', 'node', 'digest', 'at', 'ask', 'takes'];
    const before = node.digest;
    for (let count = 0; count < 4_000; count++) {
      const message: Record<string, unknown> = { ...head, kind: pick(kinds), chunk: 0, number: 0 };
      for (let changes = 0; changes < 4; changes++)
        message[pick([...keys, ...more])] = pick(oddities);
      node.share.receive(pick([inbox, `${TOPIC}/sync`]), bytes(message));
      if (count % 100 === 0) fleet.run(0.1);
    }
    for (const text of ['', '{', '[]', '"x"', '{"v":2}', '\xff', '['.repeat(100_000)]) {
      expect(node.share.receive(inbox, bytes(text))).toBe(true);
    }
    fleet.run(100);
    expect(node.digest).toBe(before);
    expect(node.ledger.size.registers).toBe(50);
    // Said, and not once for each.
    expect(fleet.warnings.length).toBeGreaterThan(3);
    expect(fleet.warnings.length).toBeLessThan(40);
  });

  it('that give what nobody has asked for are passed over', () => {
    const { fleet, node } = victim();
    const columns = {
      ...{ family: 'ipv4', addresses: '203.0.113.9', kinds: 'l', origins: [], origin: 0 },
      ...{ reasons: [], reason: 0, since: START_MS, stamp: 0, after: 0, until: null, keep: 0 },
    };
    for (const kind of ['piece', 'give']) {
      node.share.receive(inbox, bytes({ ...head, kind, chunk: 0, number: 0, columns }));
    }
    expect(node.ledger.size.registers).toBe(50);
    expect(fleet.warnings.join()).toMatch(/evil sends leases that this node has not asked for/);
  });

  it('that ask for the same again and again are answered once', () => {
    const { fleet, node } = victim();
    const said: string[] = [];
    fleet.publish = (_from, topic, payload) => {
      if (topic === 'vallumd/evil/sync') said.push((JSON.parse(payload) as { kind: string }).kind);
    };
    const groups = Buffer.alloc(512, 1).toString('base64');
    const buckets = Buffer.alloc(512, 0xff).toString('base64');
    node.share.receive(inbox, bytes({ ...head, kind: 'compare', groups }));
    for (let chunk = 0; chunk < 50; chunk++) {
      const list = { ...head, kind: 'list', chunk, number: 0, buckets, have: '', more: false };
      node.share.receive(inbox, bytes(list));
      fleet.run(1);
    }
    expect(said).toEqual(['buckets', 'piece', 'end']);
    expect(fleet.warnings.join()).toMatch(/evil sends the same question again/);
  });

  it('that only keep a pull open do not keep others from asking', () => {
    const { fleet, node } = victim();
    const answered: string[] = [];
    fleet.publish = (_from, topic, payload) => {
      answered.push(`${topic} ${(JSON.parse(payload) as { kind?: string }).kind ?? 'beacon'}`);
    };
    const groups = Buffer.alloc(512, 1).toString('base64');
    const ask = (from: string) => {
      node.share.receive(inbox, bytes({ ...head, from, kind: 'compare', groups }));
    };
    for (let name = 0; name < 16; name++) ask(`evil${name}`);
    for (let second = 0; second < 40; second++) {
      for (let name = 0; name < 16; name++) {
        const more = { ...head, from: `evil${name}`, kind: 'more', chunk: 0, number: 0 };
        node.share.receive(inbox, bytes(more));
      }
      fleet.run(1);
    }
    ask('honest');
    expect(answered).toContain('vallumd/honest/sync buckets');
  });

  it('of another node with this name are told apart from its own', () => {
    const { fleet, node } = victim();
    const beacon = { v: 1, node: 'n0', digest: '0123456789abcdef', at: START_MS + 4_321 };
    node.share.receive(`${TOPIC}/sync`, bytes(beacon));
    expect(fleet.warnings.join()).toMatch(/another node says that it is n0, too/);
    expect(node.share.status()[0]!.heard).toBeUndefined();
  });

  it('of names without end are answered so many times, and then no more', () => {
    const { fleet, node } = victim();
    const groups = Buffer.alloc(512, 1).toString('base64');
    const before = fleet.traffic.bytes;
    for (let count = 0; count < 20_000; count++) {
      const from = `evil${count}`;
      node.share.receive(inbox, bytes({ ...head, from, kind: 'compare', groups }));
    }
    expect(fleet.traffic.bytes - before).toBeLessThan(2_000_000);
    expect(fleet.warnings.join()).toMatch(/more nodes ask than this one can answer/);
  });

  it('of a digest that nothing explains are followed less and less often', () => {
    const fleet = new Fleet({ seed: 10, nodes: 2 });
    const [node, liar] = fleet.nodes as [FleetNode, FleetNode];
    for (const one of fleet.nodes) {
      one.know(many(50));
      one.start();
    }
    fleet.run(100);
    const before = fleet.traffic.repairs;
    const beacons = 3_600;
    for (let second = 0; second < beacons; second++) {
      const beacon = { v: 1, node: liar.name, digest: 'f'.repeat(16), at: node.clock.nowMs() };
      node.share.receive(`${TOPIC}/sync`, bytes(beacon));
      fleet.run(1);
    }
    expect(fleet.traffic.repairs - before).toBeLessThan(beacons / 5);
  });

  it('from the future have their stamps cut', () => {
    const fleet = new Fleet({ seed: 11, nodes: 2 });
    const [node, ahead] = fleet.nodes as [FleetNode, FleetNode];
    const inAnHour = START_MS + 3_600_000;
    ahead.know([{ address: address('192.0.2.1'), register: lease(inAnHour) }]);
    for (const one of fleet.nodes) one.start();
    expect(fleet.settle(60)).toBeDefined();
    expect(fleet.warnings.join()).toMatch(/stamps more than a minute ahead/);
    const [line] = node.lines();
    const { stamp } = JSON.parse(line!.slice(line!.indexOf('{'))) as Register;
    expect(stamp).toBeLessThan(node.clock.nowMs());
  });
});

describe('a node that nobody hears', () => {
  it('says so, since its broker may forbid it to write to the inboxes of others', () => {
    const fleet = new Fleet({ seed: 5, nodes: 2 });
    for (const node of fleet.nodes) {
      node.know(many(50));
      node.start();
    }
    fleet.run(30);
    const mute = fleet.addNode();
    const publish = fleet.publish.bind(fleet);
    fleet.publish = (from, topic, payload) => {
      const isToOthers = topic.startsWith('vallumd/') && topic !== `vallumd/${mute.name}/sync`;
      if (from !== mute || !isToOthers) publish(from, topic, payload);
    };
    mute.know(many(60));
    mute.start();
    fleet.run(900);
    expect(fleet.warnings.join('\n')).toMatch(
      /^n2: other nodes do not answer this one, n[01] the last of them/m,
    );
  });
});
