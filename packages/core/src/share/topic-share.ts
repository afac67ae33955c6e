import type { Digest } from '../ledger/digest.js';
import type { Clock } from '../system/clock.js';
import { escapeForDisplay } from '../words/escape.js';
import type { SetName } from '../words/names.js';
import type { Beacon } from './beacon.js';
import { NOTHING, wholeText } from './digest-text.js';
import { DifferingNodes, type Differing } from './differing-nodes.js';
import { FirstHeard } from './first-heard.js';
import { Gifts } from './gifts.js';
import type { PullResult } from './pull.js';
import { RecentDigests } from './recent-digests.js';
import { isSameStep, untilSameStep } from './steps.js';
import { Suspects, type Suspect } from './suspects.js';
import { Trickle, TRICKLE_TIMES, type TrickleTimes } from './trickle.js';

/** A digest that was ours so lately is taken for agreement: a message is on its way. */
const IN_FLIGHT_MS = 2_000;
/** The same where the other's clock is before or after a step. */
const BEFORE_STEP_MS = 12_000;
/** Bans that came in so lately make digests of other ten seconds incomparable. */
const BUSY_MS = 11_000;
/** How long there is reason for doubt, after a connection and after a difference. */
const DOUBT_MS = 60_000;
/** While bans come in, the interval between beacons is this at most. */
const BUSY_INTERVAL_MS = 8_000;
/**
 * Where something has changed so lately, it is this: a part of the fleet that was cut off may hold
 * something else, and hear of it only by a beacon.
 */
const WATCHFUL_INTERVAL_MS = 16_000;
const WATCHFUL_MS = 300_000;
/** Beacons in a row that could not be judged. */
const MOST_UNJUDGED = 6;
/** Until a node that may agree by then, or answer, is asked again for the first time. */
const SOON_MS = 2_000;
/** Until a node is asked for everything again, where the first could not be. */
const EVERYTHING_AGAIN_MS = 60_000;

export interface TopicContext {
  readonly node: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly digest: Digest;
  readonly trickle?: TrickleTimes;
  readonly isReturning: () => boolean;
  /** Whether this node has never taken all that another knows. */
  readonly isFresh: () => boolean;
  readonly sendBeacon: (beacon: Beacon) => void;
  /** @returns false where it cannot begin now */
  readonly pull: (peer: string) => boolean;
  readonly agreed: () => void;
  readonly complain: (kind: string, sentence: string) => void;
}

/** One topic prefix: says what this node holds, hears what others do, and decides whom to ask. */
export class TopicShare {
  recent = new RecentDigests();
  differing = new DifferingNodes();
  agreedAtMs: number | undefined;
  taken = 0;
  given = 0;
  readonly #context: TopicContext;
  readonly #trickle: Trickle;
  readonly #suspects: Suspects;
  readonly #firstHeard = new FirstHeard();
  readonly #gifts = new Gifts();
  #doubtUntilMs = 0;
  /** Since the start, nobody was found to know what this node does, or has given it what it lacked. */
  #asking = false;
  #lastChangeMs = -Infinity;
  #repairedMs = -Infinity;
  /** When another node had the digest that was ours at that time. */
  #heardEqualMs = -Infinity;
  #unjudged = 0;
  /** Whom to ask for everything: its digest is ours. */
  #knowing: string | undefined;
  #askedForAllMs = -Infinity;
  #cancelPull: (() => void) | undefined;

  constructor(
    readonly topic: string,
    readonly set: SetName,
    context: TopicContext,
  ) {
    this.#context = context;
    const { clock, random, trickle } = context;
    const fire = (): void => {
      this.#sendBeacon();
    };
    this.#suspects = new Suspects(clock, () => {
      this.#judge();
    });
    const times = trickle ?? TRICKLE_TIMES;
    this.#trickle = new Trickle(clock, random, fire, times, () =>
      this.#isWatchful ? Math.min(WATCHFUL_INTERVAL_MS, times.mostMs) : times.mostMs,
    );
  }

  start(): void {
    this.#doubtUntilMs = this.#nowMs + DOUBT_MS;
    this.#asking = true;
    this.#note();
    this.#trickle.start();
  }

  stop(): void {
    this.#trickle.stop();
    this.#cancelPull?.();
    this.#cancelPull = undefined;
    this.#suspects.clear();
    this.#knowing = undefined;
  }

  /**
   * The wall clock was set, while this is stopped. By a clock that has to catch up first, a digest of
   * hours ago would pass for one of just now, and nobody would be asked before.
   */
  forgetTimes(): void {
    this.recent = new RecentDigests();
    this.differing = new DifferingNodes();
    this.#firstHeard.clear();
    this.#askedForAllMs = -Infinity;
    this.#lastChangeMs = this.#repairedMs = this.#heardEqualMs = -Infinity;
  }

  /** Since the start this node was found to know what another does, or has taken what it lacked. */
  get isSettled(): boolean {
    return !this.#asking;
  }

  /** Nodes whose digests, as last heard, are not what this one's is now. */
  countDiffering(): number {
    return this.differing.count(wholeText(this.#context.digest.whole), this.#nowMs);
  }

  /** The ledger has taken something. */
  changed(byRepair: boolean): void {
    if (!this.#note()) return;
    if (byRepair) this.#repairedMs = this.#nowMs;
    else this.#lastChangeMs = this.#nowMs;
    this.#trickle.atMost(BUSY_INTERVAL_MS);
  }

  hear(beacon: Beacon): void {
    const nowMs = this.#nowMs;
    this.#note();
    if (beacon.digest === this.recent.current) {
      this.#trickle.heardEqual();
      this.#heardEqualMs = nowMs;
    }
    if (this.#hadLately(beacon, nowMs)) {
      this.#agree(beacon.node);
      this.#askForAll(beacon);
      return;
    }
    // Who takes and does not give cannot be asked; its ledger is to become ours.
    if (beacon.ask === true || beacon.takes === true) this.#trickle.hurry();
    if (beacon.takes === true) return;
    const known = this.differing.get(beacon.node);
    if (known !== undefined && known.notBeforeMs > nowMs) {
      this.differing.add(beacon, nowMs);
      return;
    }
    this.#suspect(beacon);
  }

  /** A pull that this topic has asked for is over. */
  pulled(peer: string, result: PullResult, digestBefore: string): void {
    const nowMs = this.#nowMs;
    const { outcome, taken, given, everything } = result;
    this.taken += taken;
    this.given += given;
    const changed = this.#note() || this.recent.current !== digestBefore;
    const node = this.differing.get(peer);
    if (outcome === 'same') this.#wasSame(peer, nowMs);
    else if (outcome === 'done' && (everything || this.#hasHelped(peer, changed, given))) {
      this.#compared(peer);
    } else if (outcome === 'done' || outcome === 'fault') this.#wasFutile(peer, nowMs);
    else if (outcome === 'slow') this.differing.wasFutile(peer, nowMs);
    else if (outcome === 'silent' && taken + given === 0) {
      this.differing.wasFutile(peer, nowMs, SOON_MS);
    } else if (node) node.notBeforeMs = nowMs + this.#between(500, 3_000);
    if (changed && taken > 0) this.#repairedMs = nowMs;
    if (changed) {
      this.#doubtUntilMs = nowMs + DOUBT_MS;
      this.#trickle.reset();
    }
    // While bans come in, digests differ for a moment all the time.
    const isBusy = nowMs - this.#lastChangeMs < IN_FLIGHT_MS && !this.#asking;
    this.#planPull(isBusy ? this.#between(3_000, 9_000) : this.#between(500, 2_500));
  }

  /** What lives is known; a node that is new takes what is over and what was lifted, too. */
  #askForAll({ node, ask, takes }: Beacon): void {
    const nowMs = this.#nowMs;
    if (ask === true || takes === true || !this.#context.isFresh()) return;
    if (nowMs - this.#askedForAllMs < EVERYTHING_AGAIN_MS) return;
    this.#askedForAllMs = nowMs;
    this.#knowing = node;
    this.#planPull(this.#between(50, 300));
  }

  get #knowsNothing(): boolean {
    return this.recent.current === NOTHING;
  }

  get #isWatchful(): boolean {
    return this.#nowMs - Math.max(this.#lastChangeMs, this.#repairedMs) < WATCHFUL_MS;
  }

  get #nowMs(): number {
    return this.#context.clock.nowMs();
  }

  #note(): boolean {
    return this.recent.note(wholeText(this.#context.digest.whole), this.#nowMs);
  }

  #between(leastMs: number, mostMs: number): number {
    return leastMs + (mostMs - leastMs) * this.#context.random();
  }

  #sendBeacon(): void {
    this.#note();
    const { node, isReturning, sendBeacon } = this.#context;
    sendBeacon({
      node,
      digest: this.recent.current ?? '',
      at: Math.floor(this.#nowMs),
      ask: this.#asking && this.#nowMs < this.#doubtUntilMs,
      takes: isReturning(),
    });
  }

  #agree(peer: string): void {
    this.agreedAtMs = this.#nowMs;
    this.#asking = false;
    this.#unjudged = 0;
    this.#suspects.delete(peer);
    this.differing.delete(peer);
    this.#gifts.delete(peer);
    this.#context.agreed();
  }

  /** It says here what its beacon did not: most probably it has changed since. */
  #wasSame(peer: string, nowMs: number): void {
    this.agreedAtMs = nowMs;
    this.#asking = false;
    this.#context.agreed();
    this.differing.wasFutile(peer, nowMs, SOON_MS);
  }

  #hasHelped(peer: string, changed: boolean, given: number): boolean {
    const isInVain = given > 0 && this.#gifts.add(peer, given);
    return changed || (given > 0 && !isInVain);
  }

  /** All that differed was exchanged: the digests are equal now, or will be told apart anew. */
  #compared(peer: string): void {
    this.#asking = false;
    this.differing.delete(peer);
  }

  #wasFutile(peer: string, nowMs: number): void {
    if (this.differing.wasFutile(peer, nowMs) < 5) return;
    this.#context.complain(
      'futile',
      `node ${escapeForDisplay(peer)} sends digests of ${this.topic} that comparing with it does not ` +
        'explain: it is asked less and less often. Its ledger may be full, its bounds or the default ' +
        'timeout of its set others than here',
    );
  }

  #suspect(beacon: Beacon): void {
    if (!this.#suspects.hasRoomFor(beacon.node)) return;
    const nowMs = this.#nowMs;
    this.#suspects.add(beacon, nowMs, nowMs + this.#waitToJudge(beacon, nowMs));
  }

  #waitToJudge(beacon: Beacon, nowMs: number): number {
    if (this.#asking) return this.#between(50, 300);
    const hasDoubts = nowMs < this.#doubtUntilMs;
    const waitMs = hasDoubts ? this.#between(100, 400) : this.#between(1_000, 3_000);
    return waitMs + untilSameStep(nowMs + waitMs, beacon.at - nowMs);
  }

  #hadLately(beacon: Beacon, heardMs: number): boolean {
    const agoMs = isSameStep(beacon.at, heardMs) ? IN_FLIGHT_MS : BEFORE_STEP_MS;
    return this.recent.had(beacon.digest, heardMs - agoMs);
  }

  #judge(): void {
    this.#note();
    for (const suspect of this.#suspects.takeDue(this.#nowMs)) {
      const { beacon, heardMs } = suspect;
      if (this.#hadLately(beacon, heardMs)) this.#agree(beacon.node);
      else if (!this.#isUnjudgeable(suspect)) this.#confirm(beacon);
    }
  }

  /** Both digests move on while bans come in, and were taken at other ten seconds. */
  #isUnjudgeable({ beacon, heardMs }: Suspect): boolean {
    const isBusy = this.#lastChangeMs > heardMs - BUSY_MS;
    if (isSameStep(beacon.at, heardMs) || !isBusy || this.#asking) return false;
    this.#unjudged += 1;
    return this.#unjudged <= MOST_UNJUDGED;
  }

  #confirm(beacon: Beacon): void {
    const nowMs = this.#nowMs;
    this.#unjudged = 0;
    this.#doubtUntilMs = Math.max(this.#doubtUntilMs, nowMs + DOUBT_MS / 2);
    this.#trickle.reset();
    if (this.#asking) {
      this.differing.add(beacon, nowMs);
      // Who has just come, too, may know as little, unless this one knows nothing at all.
      const canWait = beacon.ask === true && !this.#knowsNothing;
      this.#planPull(canWait ? this.#between(2_000, 5_000) : this.#between(0, 300));
      return;
    }
    // It is going to ask, and to give what it has.
    if (beacon.ask === true) return;
    // Whoever others agree with lets the one who is alone ask first, as long as it is alone.
    const isOneOfMany = this.#heardEqualMs > Math.max(this.#lastChangeMs, this.#repairedMs);
    const isHeardAgain = this.#firstHeard.isAgain(beacon.digest, nowMs);
    if (isOneOfMany && !isHeardAgain) return;
    this.differing.add(beacon, nowMs);
    this.#planPull(this.#between(0, 2_000));
  }

  #planPull(waitMs: number): void {
    if (this.#cancelPull !== undefined) return;
    this.#cancelPull = this.#context.clock.after(waitMs, () => {
      this.#cancelPull = undefined;
      this.#pull();
    });
  }

  #pull(): void {
    const nowMs = this.#nowMs;
    this.#note();
    const others = this.differing.current(nowMs).filter(({ name, digest, heardMs }) => {
      // What was heard before the last repair was said of another ledger.
      if (heardMs < this.#repairedMs) return false;
      const agrees = this.recent.had(digest, heardMs - IN_FLIGHT_MS);
      if (agrees) this.differing.delete(name);
      return !agrees;
    });
    if (others.length === 0 && this.#knowing !== undefined) {
      if (!this.#context.pull(this.#knowing)) this.#planPull(this.#between(500, 2_000));
      else this.#knowing = undefined;
      return;
    }
    const one = this.#choose(others.filter((node) => this.#waitFor(node, nowMs) === 0));
    if (one !== undefined) {
      if (!this.#context.pull(one.name)) this.#planPull(this.#between(500, 2_000));
      return;
    }
    const soonestMs = Math.min(...others.map((node) => this.#waitFor(node, nowMs)));
    if (Number.isFinite(soonestMs)) this.#planPull(soonestMs);
  }

  #waitFor({ notBeforeMs, aheadMs }: Differing, nowMs: number): number {
    const waitMs = Math.max(0, notBeforeMs - nowMs);
    return this.#asking ? waitMs : waitMs + untilSameStep(nowMs + waitMs, aheadMs);
  }

  #choose(all: readonly Differing[]): Differing | undefined {
    const settled = all.filter(({ asks }) => !asks);
    const nodes = settled.length > 0 ? settled : all;
    return nodes[Math.floor(this.#context.random() * nodes.length)];
  }
}
