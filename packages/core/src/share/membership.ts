import { REMEMBER_SECONDS } from '../lease/remember.js';
import type { ShareOptions } from './share-types.js';

/** Without any other node for so long, a node takes what it has for all there is. */
const ALONE_MS = 600_000;
const TOUCH_MS = 60_000;

type MembershipOptions = Pick<
  ShareOptions,
  'clock' | 'inform' | 'lastTouchUnix' | 'rememberSeconds' | 'touched'
>;

/**
 * Whether this node knows what there is to know. One that is new does not, until it has compared with
 * another; one that was away for longer than withdrawals are remembered does not either, and moreover
 * may hold what was ended long ago: on each topic it takes, and gives nothing, until it has compared.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #returning: Set<string>;
  #isWhole: boolean;
  #connectedAtMs: number | undefined;
  #hasHeardOthers = false;
  #cancelTouch: (() => void) | undefined;

  constructor(options: MembershipOptions, topics: readonly string[]) {
    const { clock, lastTouchUnix, rememberSeconds = REMEMBER_SECONDS } = options;
    this.#options = options;
    const awaySeconds = lastTouchUnix === undefined ? 0 : clock.nowMs() / 1000 - lastTouchUnix;
    const isReturning = awaySeconds > rememberSeconds;
    this.#returning = new Set(isReturning ? topics : []);
    this.#isWhole = lastTouchUnix !== undefined && !isReturning;
  }

  /** What it lacks is over. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** On any topic. */
  get returning(): boolean {
    return this.#returning.size > 0;
  }

  isReturning(topic: string): boolean {
    return this.#returning.has(topic);
  }

  heardOthers(): void {
    this.#hasHeardOthers = true;
  }

  connected(): void {
    this.#connectedAtMs = this.#options.clock.nowMs();
    if (this.returning) {
      this.#inform(
        'this node was away for longer than withdrawals are remembered: it takes what the other nodes ' +
          'hold, and gives up what none of them does',
      );
    }
    this.#touchLater();
  }

  disconnected(): void {
    this.#connectedAtMs = undefined;
    this.#cancelTouch?.();
  }

  /** It has compared with another node on this topic, or found that there is nothing to compare. */
  compared(topic: string): void {
    if (this.#returning.delete(topic)) {
      this.#inform(`${topic}: this node holds what the others hold`);
    }
    if (this.#isWhole || this.returning) return;
    this.#isWhole = true;
    this.#touch();
  }

  #touchLater(): void {
    this.#cancelTouch?.();
    this.#cancelTouch = this.#options.clock.after(TOUCH_MS, () => {
      this.#touch();
      this.#touchLater();
    });
  }

  #touch(): void {
    const nowMs = this.#options.clock.nowMs();
    const forMs = this.#connectedAtMs === undefined ? 0 : nowMs - this.#connectedAtMs;
    if (!this.#isWhole && !this.#hasHeardOthers && forMs > ALONE_MS) {
      if (this.returning) this.#inform('no other node was heard: this one keeps what it has');
      this.#isWhole = true;
      this.#returning.clear();
    }
    // Who has not compared yet would pass for one that has, the next time.
    if (this.#isWhole) this.#options.touched?.(Math.floor(nowMs / 1000));
  }

  #inform(sentence: string): void {
    this.#options.inform?.(sentence);
  }
}
