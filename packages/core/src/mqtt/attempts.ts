import type { Clock } from '../system/clock.js';
import { BackOff } from './back-off.js';
import type { Explanation } from './explanation.js';
import type { MqttOptions } from './mqtt-options.js';
import { quote } from './quote.js';

/** Connections ended by the broker soon after they began, before the client id comes under suspicion. */
const SUSPICIOUS_ENDS = 3;

/** How the attempts at a connection went, and so how long to wait before the next. */
export class Attempts {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #clientId: string;
  readonly #stableMs: number;
  readonly #backOff: BackOff;
  #connectedAtMs: number | undefined;
  #shortLived = 0;

  constructor(
    { retry, deps }: Pick<MqttOptions, 'retry' | 'deps'>,
    clientId: string,
    clock: Pick<Clock, 'nowMs'>,
  ) {
    this.#clock = clock;
    this.#clientId = clientId;
    this.#stableMs = retry?.stableMs ?? 10_000;
    this.#backOff = new BackOff({
      firstMs: retry?.firstMs ?? 1_000,
      longestMs: retry?.longestMs ?? 10_000,
      random: deps?.random ?? Math.random,
    });
  }

  accepted(): void {
    this.#connectedAtMs = this.#clock.nowMs();
  }

  /**
   * A stable connection earns a fresh start; short ones in a row point at a shared client id.
   *
   * @returns the explanation for the end of a connection that stood, with that suspicion
   */
  ended(explanation: Explanation): Explanation {
    const lastedMs = this.#clock.nowMs() - (this.#connectedAtMs ?? 0);
    this.#connectedAtMs = undefined;
    if (lastedMs >= this.#stableMs) {
      this.#backOff.reset();
      this.#shortLived = 0;
      return explanation;
    }
    this.#shortLived += 1;
    if (this.#shortLived < SUSPICIOUS_ENDS || explanation.state === 'refused') return explanation;
    return {
      ...explanation,
      detail:
        `${explanation.detail}, ${this.#shortLived} times in a row soon after connecting: ` +
        `is another client using the client id ${quote(this.#clientId)}?`,
    };
  }

  /** Milliseconds until the next attempt. */
  pauseMs(refused: boolean): number {
    return this.#backOff.next(refused);
  }
}
