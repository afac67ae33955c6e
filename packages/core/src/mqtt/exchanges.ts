import type { VallumError } from '../words/errors.js';
import type { Answer } from './answer-reader.js';
import { messageRefused } from './publish-limits.js';

/** Reason codes from here on are refusals (MQTT 5 section 2.4). */
const REFUSED = 0x80;
export const MOST_PACKET_IDS = 65_535;

/** What was asked of the broker, and what it answers next. */
type Exchange =
  | { awaits: 'puback' | 'pubrec' | 'pubcomp'; readonly done: (error?: VallumError) => void }
  | { awaits: 'suback' | 'unsuback'; readonly done: (codes: readonly number[]) => void };

/** The questions of one connection that the broker has not answered yet, by packet identifier. */
export class Exchanges {
  readonly #open = new Map<number, Exchange>();
  #lastId = 0;

  /** Takes a message on its way out. @returns the packet identifier for it */
  publish(qos: 1 | 2, done: (error?: VallumError) => void): number {
    return this.#add({ awaits: qos === 1 ? 'puback' : 'pubrec', done });
  }

  /** @param done hears one reason code a filter */
  ask(awaits: 'suback' | 'unsuback', done: (codes: readonly number[]) => void): number {
    return this.#add({ awaits, done });
  }

  /** @returns `pubrel` where that is to be sent now */
  confirmed(
    answer: Extract<Answer, { readonly kind: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp' }>,
  ): 'pubrel' | undefined {
    const { kind, packetId, code } = answer;
    const exchange = this.#open.get(packetId);
    if (exchange?.awaits !== kind) return undefined;
    if (kind === 'pubrec' && code < REFUSED) {
      exchange.awaits = 'pubcomp';
      return 'pubrel';
    }
    this.#open.delete(packetId);
    exchange.done(code < REFUSED ? undefined : messageRefused(code));
    return undefined;
  }

  answered({
    kind,
    packetId,
    codes,
  }: Extract<Answer, { readonly kind: 'suback' | 'unsuback' }>): void {
    const exchange = this.#open.get(packetId);
    if (exchange?.awaits !== kind) return;
    this.#open.delete(packetId);
    exchange.done(codes);
  }

  #add(exchange: Exchange): number {
    do this.#lastId = (this.#lastId % MOST_PACKET_IDS) + 1;
    while (this.#open.has(this.#lastId));
    this.#open.set(this.#lastId, exchange);
    return this.#lastId;
  }
}
