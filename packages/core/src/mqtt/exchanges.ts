import type { PublishCaveat } from '../transport/transport.js';
import type { Answer } from './answer-reader.js';
import type { Answered } from './link.js';
import { messageRefused } from './publish-limits.js';

/** Reason codes from here on are refusals (MQTT 5 section 2.4). */
const REFUSED = 0x80;
/** No matching subscribers: in a PUBACK or PUBREC (MQTT 5 sections 3.4.2.1, 3.5.2.1). */
export const NOBODY_LISTENS = 0x10;
export const MOST_PACKET_IDS = 65_535;

/** What was asked of the broker, and what it answers next. */
type Exchange =
  | { awaits: 'puback' | 'pubrec' | 'pubcomp'; caveat?: PublishCaveat; readonly done: Answered }
  | { awaits: 'suback' | 'unsuback'; readonly done: (codes: readonly number[]) => void };

/** The questions of one connection that the broker has not answered yet, by packet identifier. */
export class Exchanges {
  readonly #open = new Map<number, Exchange>();
  #lastId = 0;

  /** Takes a message on its way out. @returns the packet identifier for it */
  publish(qos: 1 | 2, done: Answered): number {
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
    if (code === NOBODY_LISTENS) exchange.caveat = 'unheard';
    if (kind === 'pubrec' && code < REFUSED) {
      exchange.awaits = 'pubcomp';
      return 'pubrel';
    }
    this.#open.delete(packetId);
    if (code < REFUSED) exchange.done(undefined, exchange.caveat);
    else exchange.done(messageRefused(code));
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
