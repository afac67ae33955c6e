import type { Enforcer } from '../enforce/enforcer.js';
import { hashLanes, hashOrigin } from '../lease/item-hash.js';
import { MOST_LEASES_LISTED, type Question } from '../message/question.js';
import type { LeasesReply } from '../message/reply.js';
import type { SteadyClock } from '../system/clock.js';
import type { Origin, SetName } from '../words/names.js';

/** Whoever asks for one piece after another gets them all of one moment. */
const KEPT_MS = 10_000;

interface LeaseList {
  readonly key: string;
  readonly addresses: readonly string[];
  readonly digest: string;
}

/**
 * What origins have banned, told piece by piece. The list that was asked for last is kept for some
 * seconds: made anew for each piece, one that changes meanwhile would lose addresses between two of them.
 */
export class LeaseLists {
  readonly #enforcer: Pick<Enforcer, 'leases'>;
  readonly #clock: SteadyClock;
  #last: LeaseList | undefined;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(enforcer: Pick<Enforcer, 'leases'>, clock: SteadyClock) {
    this.#enforcer = enforcer;
    this.#clock = clock;
  }

  /** How many addresses an origin has banned in the sets, and from the offset on a thousand of them. */
  async reply(
    { origin = '' as Origin, offset }: Pick<Question, 'origin' | 'offset'>,
    sets: readonly SetName[],
  ): Promise<LeasesReply> {
    const key = JSON.stringify([origin, sets]);
    const kept = offset === undefined || this.#last?.key !== key ? undefined : this.#last;
    const { addresses, digest } = kept ?? (await this.#look(key, origin, sets));
    this.#keepFor(KEPT_MS);
    return {
      kind: 'leases',
      total: addresses.length,
      digest,
      addresses: offset === undefined ? [] : addresses.slice(offset, offset + MOST_LEASES_LISTED),
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#last = undefined;
  }

  async #look(key: string, origin: Origin, sets: readonly SetName[]): Promise<LeaseList> {
    const found = new Set<string>();
    for (const set of sets) {
      for await (const { address, kind } of this.#enforcer.leases(set, { origin })) {
        if (kind === 'lease') found.add(address);
      }
    }
    const addresses = [...found];
    this.#last = { key, addresses, digest: digestOf(addresses) };
    return this.#last;
  }

  #keepFor(milliseconds: number): void {
    this.#cancel?.();
    if (this.#isClosed) return;
    this.#cancel = this.#clock.after(milliseconds, () => {
      this.#last = undefined;
    });
  }
}

/** The same of the same addresses in any order: 16 hexadecimal digits. */
function digestOf(addresses: readonly string[]): string {
  const one = hashLanes();
  let [first, second] = [0, 0];
  for (const address of addresses) {
    hashOrigin(address, one);
    first = (first + (one[0] ?? 0)) | 0;
    second = (second + (one[1] ?? 0)) | 0;
  }
  return [first, second].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}
