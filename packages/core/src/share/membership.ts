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
  readonly #topics: readonly string[];
  readonly #returning = new Set<string>();
  /** Topics on which it has never taken all that another knows. */
  readonly #fresh = new Set<string>();
  #isWhole = false;
  /** When it was last among others, in this life or one before; Unix seconds. */
  #touchedUnix: number | undefined;
  #connectedAtMs: number | undefined;
  #hasHeardOthers = false;
  #cancelTouch: (() => void) | undefined;

  /** @param isEmpty whether this node knows nothing on a topic, so that it can bring nothing back */
  constructor(
    options: MembershipOptions,
    topics: readonly string[],
    private readonly isEmpty: (topic: string) => boolean,
  ) {
    this.#options = options;
    this.#topics = topics;
    this.#touchedUnix = options.lastTouchUnix;
    if (this.#touchedUnix === undefined) for (const topic of topics) this.#fresh.add(topic);
    this.judgeAbsence();
  }

  /**
   * Whether others may have forgotten by now what was lifted while this node was away. Judged again when
   * the clock is set: a machine without a clock of its own starts with the time at which it went down.
   */
  judgeAbsence(): void {
    const { clock, rememberSeconds = REMEMBER_SECONDS } = this.#options;
    if (this.#touchedUnix === undefined) return;
    const isReturning = clock.nowMs() / 1000 - this.#touchedUnix > rememberSeconds;
    this.#isWhole = !isReturning;
    this.#returning.clear();
    if (!isReturning) return;
    for (const topic of this.#topics) this.#returning.add(topic);
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

  /**
   * Whether this node is new on a topic. Digests tell of what lives only: of what is over, and of what was lifted, it
   * learns once, by asking for everything.
   */
  isFresh(topic: string): boolean {
    return this.#fresh.has(topic);
  }

  /** It has taken all that another node knows. */
  tookAll(topic: string): void {
    this.#fresh.delete(topic);
  }

  heardOthers(): void {
    this.#hasHeardOthers = true;
  }

  connected(): void {
    this.#connectedAtMs = this.#options.clock.nowMs();
    // Others may not speak on a topic that is new to this node: nobody would ever tell it enough.
    for (const topic of this.#returning) if (this.isEmpty(topic)) this.#returning.delete(topic);
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
      if (this.returning) {
        this.#inform(
          'no other node was heard that was there meanwhile: this one keeps what it has',
        );
      }
      this.#isWhole = true;
      this.#returning.clear();
      this.#fresh.clear();
    }
    // Who has not compared yet would pass for one that has, the next time.
    if (!this.#isWhole) return;
    this.#touchedUnix = Math.floor(nowMs / 1000);
    this.#options.touched?.(this.#touchedUnix);
  }

  #inform(sentence: string): void {
    this.#options.inform?.(sentence);
  }
}
