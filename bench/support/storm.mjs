// Bursts of messages like those of a bad day, and what must be banned when they are through.
import { distinct, ipv4World, prefixWorld, seededRandom } from './world.mjs';

const ADDRESSES = 20_000;
const PREFIXES = 500;
/** Long enough not to end during the storm. */
const LONG_SECONDS = 86_400;

export class Storm {
  #random = seededRandom(2026);
  #addresses = distinct(ipv4World, ADDRESSES, 5);
  #prefixes = distinct(prefixWorld, PREFIXES, 5);
  /** Address to `true` where it must be in the set, `undefined` where it may have ended by now. */
  #expected = new Map();

  constructor(topic) {
    this.topic = topic;
  }

  /** 1 to 256 messages, few more often than many. */
  burst() {
    const count = 1 + Math.floor(256 * this.#random() ** 3);
    return Array.from({ length: count }, () => this.#message());
  }

  /** What is banned and not among these members. */
  missing(members) {
    return [...this.#expected]
      .filter(([address, wanted]) => wanted === true && !members.has(address))
      .map(([address]) => address);
  }

  /** What these members are and should not be, or undefined. */
  disagreement(members) {
    for (const [address, wanted] of this.#expected) {
      if (wanted === false && members.has(address))
        return `${address} is in the set and not banned`;
    }
    for (const address of members) {
      if (!this.#expected.has(address)) return `${address} is in the set and was never banned`;
    }
    return undefined;
  }

  #message() {
    const kind = this.#random();
    const list = this.#random() < 0.95 ? this.#addresses : this.#prefixes;
    const address = list[Math.floor(this.#random() * list.length)];
    if (kind < 0.02) return this.#say('', '010.0.0.1');
    if (kind < 0.4) {
      this.#expected.set(address, false);
      return this.#say('/del', address);
    }
    if (kind < 0.5) {
      // Ends by itself, perhaps while the storm goes on.
      this.#expected.set(address, undefined);
      return this.#say('', `${address} timeout ${1 + Math.floor(3 * this.#random())}`);
    }
    this.#expected.set(address, true);
    if (kind < 0.7) return this.#say('', address);
    return this.#say('/add', `${address} timeout ${LONG_SECONDS} reason "storm"`);
  }

  #say(suffix, text) {
    return { topic: `${this.topic}${suffix}`, payload: Buffer.from(text), retained: false };
  }
}
