/**
 * A fleet in virtual time: real `share/` and `ledger/`, a broker that delays, loses, doubles and
 * divides. All of it follows from the seed.
 */
import type { RegisterColumns } from '../lease/register-columns.js';
import type { Register } from '../lease/register.js';
import { digestHorizon } from '../lease/remember.js';
import { Ledger, type LedgerOptions } from '../ledger/ledger.js';
import { address, columnsOf, entriesOf, type Entry } from '../ledger/test-columns.js';
import type { EntryColumns } from '../message/entry-columns.js';
import type { SteadyClock } from '../system/clock.js';
import type { SetName } from '../words/names.js';
import { wholeText } from './digest-text.js';
import { createShare } from './share.js';
import type { Share, ShareOptions } from './share-types.js';

export const SET = 'blacklist' as SetName;
export const TOPIC = 'blacklist';
export const START_MS = Date.UTC(2026, 0, 1);

/** 0 to 1, exclusive (mulberry32, which is in the public domain). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Due {
  readonly atMs: number;
  readonly turn: number;
  run: (() => void) | undefined;
}

/** Virtual time: what is due is run in order. */
export class Timeline {
  nowMs = 0;
  readonly #heap: Due[] = [];
  #turns = 0;

  after(delayMs: number, run: () => void): () => void {
    const due: Due = { atMs: this.nowMs + Math.max(0, delayMs), turn: this.#turns++, run };
    this.#push(due);
    return () => {
      due.run = undefined;
    };
  }

  runUntil(untilMs: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= untilMs;) {
      this.#pop();
      if (next.run !== undefined) {
        this.nowMs = next.atMs;
        next.run();
      }
      next = this.#heap[0];
    }
    this.nowMs = untilMs;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = heap[above];
      if (other === undefined || !isSooner(due, other)) break;
      heap[at] = other;
      at = above;
    }
    heap[at] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const [left, right] = [heap[below], heap[below + 1]];
      if (left === undefined) break;
      let sooner = left;
      if (right !== undefined && isSooner(right, left)) {
        sooner = right;
        below += 1;
      }
      if (!isSooner(sooner, last)) break;
      heap[at] = sooner;
      at = below;
    }
    heap[at] = last;
  }
}

function isSooner(one: Due, other: Due): boolean {
  return one.atMs === other.atMs ? one.turn < other.turn : one.atMs < other.atMs;
}

export interface FleetOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Clocks are off by this much at most. */
  readonly skewMs?: number;
  readonly delayMs?: readonly [number, number];
  /** Of deliveries, 0 to 1. */
  readonly loss?: number;
  readonly doubles?: number;
  readonly ledger?: LedgerOptions;
  readonly share?: Partial<ShareOptions>;
}

export interface Traffic {
  beacons: number;
  /** Between two nodes: what one says to itself tells it how long it takes. */
  repairs: number;
  /** Of beacons and repair messages, as they are published. */
  bytes: number;
  deliveries: number;
}

export class Fleet {
  readonly time = new Timeline();
  readonly random: () => number;
  readonly nodes: FleetNode[] = [];
  readonly traffic: Traffic = { beacons: 0, repairs: 0, bytes: 0, deliveries: 0 };
  readonly warnings: string[] = [];
  readonly #byInbox = new Map<string, FleetNode>();
  loss: number;

  constructor(readonly options: FleetOptions) {
    this.random = seeded(options.seed);
    this.loss = options.loss ?? 0;
    for (let index = 0; index < options.nodes; index++) this.addNode();
  }

  addNode(share: Partial<ShareOptions> = {}): FleetNode {
    const node = new FleetNode(this, `n${this.nodes.length}`, share);
    this.nodes.push(node);
    this.#byInbox.set(`vallumd/${node.name}/sync`, node);
    return node;
  }

  run(seconds: number): void {
    this.time.runUntil(this.time.nowMs + 1000 * seconds);
  }

  /** What a node publishes for others. */
  publish(from: FleetNode, topic: string, payload: string): void {
    const bytes = Buffer.from(payload);
    this.traffic.bytes += bytes.length;
    const inbox = this.#byInbox.get(topic);
    if (inbox === undefined) {
      this.traffic.beacons += 1;
      for (const node of this.nodes) if (node !== from) this.#deliver(from, node, topic, bytes);
      return;
    }
    if (inbox !== from) this.traffic.repairs += 1;
    this.#deliver(from, inbox, topic, bytes);
  }

  #deliver(from: FleetNode, to: FleetNode, topic: string, payload: Uint8Array): void {
    if (!to.isUp || from.side !== to.side) return;
    this.#send(to, () => {
      this.traffic.deliveries += 1;
      to.received += 1;
      to.share.receive(topic, payload);
    });
  }

  /** A ban or unban that somebody publishes on one side. */
  announce(register: Register, addressText: string, side?: number): void {
    const entry = address(addressText);
    const stamped = columnsOf(entry.family, [{ address: entry, register }]);
    for (const node of this.nodes) {
      if (!node.isUp || (side !== undefined && node.side !== side)) continue;
      this.#send(node, () => {
        node.take(
          register.ownStamp ? { ...stamped, stamps: Float64Array.of(node.nextStamp()) } : stamped,
        );
      });
    }
  }

  /** As TCP does: in order to each, but some of it not at all, and some of it twice. */
  #send(to: FleetNode, arrive: () => void): void {
    if (this.random() < this.loss) return;
    const [least, most] = this.options.delayMs ?? [1, 30];
    const life = to.life;
    const delayMs = least + (most - least) * this.random();
    to.lastArrivalMs = Math.max(to.lastArrivalMs, this.time.nowMs + delayMs);
    const deliver = (): void => {
      if (to.isUp && to.life === life) arrive();
    };
    this.time.after(to.lastArrivalMs - this.time.nowMs, deliver);
    if (this.random() < (this.options.doubles ?? 0)) {
      this.time.after(to.lastArrivalMs - this.time.nowMs, deliver);
    }
  }

  get up(): FleetNode[] {
    return this.nodes.filter(({ isUp }) => isUp);
  }

  /** Whether all that run hold the same; of those whose clocks have the same ten seconds, by digest. */
  isEqual(): boolean {
    const byHorizon = new Map<number, string>();
    for (const node of this.up) {
      const horizon = digestHorizon(node.clock.nowMs() / 1000);
      const { digest } = node;
      if ((byHorizon.get(horizon) ?? digest) !== digest) return false;
      byHorizon.set(horizon, digest);
    }
    return true;
  }

  /** @returns seconds until all are equal, and stay so for three looks; undefined: not in that time */
  settle(mostSeconds: number): number | undefined {
    let equalSince: number | undefined;
    const startMs = this.time.nowMs;
    for (let looked = 0; looked < mostSeconds + 3; looked++) {
      if (!this.isEqual()) equalSince = undefined;
      else equalSince ??= this.time.nowMs;
      if (equalSince !== undefined && this.time.nowMs - equalSince >= 3_000) break;
      this.run(1);
    }
    return equalSince === undefined ? undefined : (equalSince - startMs) / 1000;
  }
}

export class FleetNode {
  readonly clock: SteadyClock;
  skewMs: number;
  ledger: Ledger;
  share: Share;
  isUp = false;
  side = 0;
  life = 0;
  received = 0;
  lastArrivalMs = 0;
  lastTouchUnix: number | undefined;
  readonly informed: string[] = [];
  #lastStamp = 0;
  #cancelTick: (() => void) | undefined;

  constructor(
    readonly fleet: Fleet,
    readonly name: string,
    readonly special: Partial<ShareOptions>,
  ) {
    const { time, options, random } = fleet;
    const skewMs = Math.round((2 * random() - 1) * (options.skewMs ?? 0));
    this.skewMs = skewMs;
    this.clock = {
      nowMs: () => START_MS + time.nowMs + this.skewMs,
      monotonicMs: () => time.nowMs,
      after: (delayMs, callback) => time.after(delayMs, callback),
    };
    this.ledger = new Ledger(options.ledger);
    this.share = this.#makeShare();
  }

  start(fresh = false): void {
    this.life += 1;
    if (fresh) {
      this.ledger = new Ledger(this.fleet.options.ledger);
      this.lastTouchUnix = undefined;
    }
    this.share = this.#makeShare();
    this.isUp = true;
    this.pass();
    this.#tick();
    this.share.connected();
  }

  stop(): void {
    this.isUp = false;
    this.share.close();
    this.#cancelTick?.();
  }

  /** Its wall clock is set, and it notices. */
  setClock(byMs: number): void {
    this.skewMs += byMs;
    if (byMs < 0) {
      for (const page of this.ledger.pages()) page.stepBack(this.clock.nowMs(), -byMs);
    }
    this.share.clockStepped();
  }

  get digest(): string {
    return wholeText(this.ledger.digest(SET).whole);
  }

  nextStamp(): number {
    this.#lastStamp = Math.max(this.clock.nowMs(), this.#lastStamp + 0.001);
    return this.#lastStamp;
  }

  take(columns: EntryColumns | RegisterColumns): void {
    const { length, family } = columns;
    const outcomes = new Uint8Array(length);
    const rows = new Int32Array(length);
    this.ledger.page(SET, family).merge(columns, 0, length, this.clock.nowMs(), outcomes, rows);
    this.share.changed(SET);
  }

  know(entries: readonly Entry[]): void {
    for (const family of ['ipv4', 'ipv6'] as const) {
      this.take(
        columnsOf(
          family,
          entries.filter(({ address }) => address.family === family),
        ),
      );
    }
  }

  /** All that it knows, as text: one line a register. */
  lines(): string[] {
    return [...this.ledger.registers()]
      .flatMap(({ columns }) => entriesOf(columns))
      .map(({ address, register }) => `${address.text} ${JSON.stringify(register)}`)
      .sort();
  }

  pass(): void {
    for (const page of this.ledger.pages()) {
      while (page.takeDue(this.clock.nowMs(), 4_096) !== undefined);
    }
  }

  /** Digests move on at whole ten seconds. */
  #tick(): void {
    const step = 10_000;
    this.#cancelTick = this.clock.after(step - (this.clock.nowMs() % step), () => {
      this.pass();
      this.#tick();
    });
  }

  #makeShare(): Share {
    const { fleet, name, clock, ledger } = this;
    const share = createShare({
      ...{ node: name, ledger, clock, random: fleet.random },
      topics: [{ topic: TOPIC, set: SET }],
      send: (topic, payload) => {
        fleet.publish(this, topic, payload);
      },
      accept: (_set, columns) => {
        this.take(columns);
      },
      warn: (sentence) => fleet.warnings.push(`${name}: ${sentence}`),
      inform: (sentence) => this.informed.push(sentence),
      touched: (nowUnix) => {
        this.lastTouchUnix = nowUnix;
      },
      ...(this.lastTouchUnix === undefined ? {} : { lastTouchUnix: this.lastTouchUnix }),
      ...fleet.options.share,
      ...this.special,
    });
    return share;
  }
}
