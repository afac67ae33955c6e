import type { Register } from '../lease/register.js';
import { NEVER } from '../message/entry-columns.js';
import { Fleet, START_MS, type FleetNode, type Traffic } from './test-fleet.js';

export interface DisturbOptions {
  readonly seed: number;
  readonly nodes: number;
  /** How long beacons are counted while nothing happens. */
  readonly restSeconds: number;
  readonly mostSeconds?: number;
}

export interface Phase {
  readonly name: string;
  /** From the end of the disturbance until all digests are equal; undefined: not within a minute. */
  readonly seconds: number | undefined;
  /** From the beginning of the disturbance until then. */
  readonly traffic: Traffic;
}

export interface Disturbed {
  readonly phases: readonly Phase[];
  readonly restBeaconsPerSecond: number;
  readonly warnings: readonly string[];
  readonly fleet: Fleet;
}

/** One disturbance after the other, each with 10 bans and 5 unbans a second, then quiet. */
export function disturb(options: DisturbOptions): Disturbed {
  const { seed, nodes, restSeconds, mostSeconds = 60 } = options;
  const fleet = new Fleet({ seed, nodes, skewMs: 5_000, doubles: 0.001 });
  const phases: Phase[] = [];
  const phase = (name: string, disturbance: () => void): void => {
    const before = { ...fleet.traffic };
    disturbance();
    fleet.loss = 0;
    const seconds = fleet.settle(mostSeconds);
    const { traffic } = fleet;
    const since = (count: keyof Traffic): number => traffic[count] - before[count];
    phases.push({
      name,
      seconds,
      traffic: {
        beacons: since('beacons'),
        repairs: since('repairs'),
        bytes: since('bytes'),
        deliveries: since('deliveries'),
      },
    });
  };
  const publisher = new Publisher(fleet);
  const some = (share: number): FleetNode[] => fleet.nodes.filter(() => fleet.random() < share);

  phase('all start, each with what it had', () => {
    const known = Array.from({ length: 200 }, () => publisher.ban());
    for (const [text, register] of known) fleet.announce(register, text);
    for (const node of fleet.nodes) {
      node.start();
      fleet.run(fleet.random() * (20 / nodes));
    }
    for (const [text, register] of known) fleet.announce(register, text);
    fleet.run(1);
  });
  phase('1 % of all deliveries is lost', () => {
    fleet.loss = 0.01;
    publisher.traffic(20);
  });
  phase('a quarter misses ten bans', () => {
    const away = some(0.25);
    for (const node of away) node.side = 1;
    for (let ban = 0; ban < 10; ban++) publisher.announceBan(0);
    fleet.run(1);
    for (const node of away) node.side = 0;
  });
  phase('two halves for two minutes', () => {
    fleet.nodes.forEach((node, index) => (node.side = index % 2));
    fleet.run(50);
    publisher.traffic(20);
    fleet.run(50);
    for (const node of fleet.nodes) node.side = 0;
  });
  phase('a tenth restarts, half of it empty', () => {
    const away = some(0.1);
    for (const node of away) node.stop();
    publisher.traffic(20);
    away.forEach((node, index) => {
      node.start(index % 2 === 0);
    });
    fleet.run(1);
  });
  phase('one comes that is empty', () => {
    fleet.addNode().start();
  });
  phase('one ban reaches one node', () => {
    const [text, register] = publisher.ban();
    const [one] = fleet.nodes;
    if (one === undefined) return;
    one.side = 2;
    fleet.announce(register, text, 2);
    fleet.run(1);
    one.side = 0;
  });
  // Intervals grow to their full length.
  fleet.run(600);
  const before = fleet.traffic.beacons;
  fleet.run(restSeconds);
  const restBeaconsPerSecond =
    restSeconds === 0 ? 0 : (fleet.traffic.beacons - before) / restSeconds;
  return { phases, restBeaconsPerSecond, warnings: fleet.warnings, fleet };
}

/** Makes up bans and unbans, stamped and bare, of several origins. */
class Publisher {
  readonly #fleet: Fleet;
  readonly #banned: (readonly [string, string])[] = [];
  #made = 0;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** 10 bans and 5 unbans a second, on the side of each in turn. */
  traffic(seconds: number): void {
    for (let event = 0; event < 15 * seconds; event++) {
      const side = event % 2;
      const hasSides = this.#fleet.nodes.some((node) => node.side !== 0);
      if (event % 3 === 2) this.#announceUnban(hasSides ? side : undefined);
      else this.announceBan(hasSides ? side : undefined);
      this.#fleet.run(1 / 15);
    }
  }

  announceBan(side?: number): void {
    const [text, register] = this.ban();
    this.#fleet.announce(register, text, side);
  }

  ban(): readonly [string, Register] {
    const { random } = this.#fleet;
    const number = this.#made++;
    const text =
      number % 10 === 9
        ? `2001:db8::${number.toString(16)}`
        : `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
    const isBare = random() < 0.2;
    const origin = isBare ? '' : `web${Math.floor(random() * 5)}.sshd`;
    this.#banned.push([text, origin]);
    const { nowMs } = this;
    const end = random() < 0.3 ? Math.floor(nowMs / 1000) + 70 + Math.floor(random() * 300) : NEVER;
    const asked = isBare ? NEVER : end;
    return [
      text,
      {
        ...{ kind: 'lease', origin, stamp: nowMs, ownStamp: isBare, asked, until: asked },
        ...{ reason: isBare ? '' : 'ssh', keepUntil: 0 },
      },
    ];
  }

  #announceUnban(side?: number): void {
    const { random } = this.#fleet;
    const [one] = this.#banned.splice(Math.floor(random() * this.#banned.length), 1);
    if (one === undefined) return;
    const [text, origin] = one;
    const isSweep = origin === '' || random() < 0.3;
    const register: Register = {
      ...{ kind: isSweep ? 'sweep' : 'withdrawal', origin: isSweep ? '' : origin },
      ...{ stamp: this.nowMs, ownStamp: origin === '', asked: 0, until: 0 },
      ...{ reason: '', keepUntil: 0 },
    };
    this.#fleet.announce(register, text, side);
  }

  get nowMs(): number {
    return START_MS + this.#fleet.time.nowMs;
  }
}
