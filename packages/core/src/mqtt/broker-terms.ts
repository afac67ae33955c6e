import type { Clock } from '../system/clock.js';
import { quote } from './quote.js';

/** Giants cost their sender 4 MiB each; a line for each would cost us more than them. */
const GIANTS_AGAIN_MS = 60_000;

export interface BrokerTermsOptions {
  /** `mqtts://broker.example:8883` */
  readonly broker: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly warn: (text: string) => void;
}

/** Says, once and not at each connection, what the broker does otherwise than it was asked. */
export class BrokerTerms {
  readonly #options: BrokerTermsOptions;
  #toldExpiry: number | undefined;
  #giants = 0;
  #toldGiantsAtMs = -Infinity;

  constructor(options: BrokerTermsOptions) {
    this.#options = options;
  }

  /** @param granted undefined where the broker keeps the session as long as it was asked to */
  session(asked: number, granted: number | undefined): void {
    if (granted === undefined || granted >= asked || granted === this.#toldExpiry) return;
    this.#toldExpiry = granted;
    this.#options.warn(
      `${this.#options.broker} keeps the session for ${granted} s only, and ${asked} s were asked ` +
        'for: what is sent while this client is away for longer does not wait for it',
    );
  }

  giant(topic: string, bytes: number): void {
    this.#giants += 1;
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#toldGiantsAtMs < GIANTS_AGAIN_MS) return;
    this.#toldGiantsAtMs = nowMs;
    this.#options.warn(
      `a message of ${bytes} bytes on ${quote(topic)} is larger than any that is taken and was ` +
        `thrown away (${this.#giants} so far)`,
    );
  }
}
