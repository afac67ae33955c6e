import { parseAddress } from '../address/parse.js';
import type { Enforcer } from '../enforce/enforcer.js';
import type { LeaseRecord } from '../enforce/lease-record.js';
import { hashLanes, hashOrigin } from '../lease/item-hash.js';
import { MOST_LEASES_LISTED, type Question } from '../message/question.js';
import type { LeasesReply, ListedLease } from '../message/reply.js';
import type { SteadyClock } from '../system/clock.js';
import type { Origin, SetName } from '../words/names.js';
import { AnswerRoom } from './answer-room.js';

/** Whoever asks for one piece after another gets them all of one moment. */
const KEPT_MS = 10_000;
/** Leases in full that a list holds: as many as the protect list may have. */
const MOST_IN_FULL = 65_536;

interface LeaseList {
  readonly key: string;
  /** Of an origin. */
  readonly addresses: readonly string[];
  /** Of everybody. */
  readonly leases: readonly ListedLease[];
  readonly digest: string;
}

/**
 * What an origin has banned, or everybody has asked for in full, told piece by piece. The list that was asked
 * for last is kept for some seconds: made anew for each piece, one that changes meanwhile would lose addresses
 * between two of them.
 */
export class LeaseLists {
  readonly #enforcer: Pick<Enforcer, 'leases' | 'mayHold'>;
  readonly #clock: SteadyClock;
  #last: LeaseList | undefined;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(enforcer: Pick<Enforcer, 'leases' | 'mayHold'>, clock: SteadyClock) {
    this.#enforcer = enforcer;
    this.#clock = clock;
  }

  /** How many there are in the sets; from the offset on a thousand addresses, or as many leases as fit. */
  async reply(
    { origin, offset }: Pick<Question, 'origin' | 'offset'>,
    sets: readonly SetName[],
  ): Promise<LeasesReply> {
    const key = JSON.stringify([origin ?? null, sets]);
    const kept = offset === undefined || this.#last?.key !== key ? undefined : this.#last;
    const { addresses, leases, digest } = kept ?? (await this.#look(key, origin, sets));
    this.#keepFor(KEPT_MS);
    const total = addresses.length + leases.length;
    if (offset === undefined) return { kind: 'leases', total, digest, addresses: [] };
    const piece = addresses.slice(offset, offset + MOST_LEASES_LISTED);
    return {
      ...{ kind: 'leases', total, digest, addresses: piece },
      ...(origin === undefined ? { leases: pieceOf(leases, offset) } : {}),
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#last = undefined;
  }

  async #look(
    key: string,
    origin: Origin | undefined,
    sets: readonly SetName[],
  ): Promise<LeaseList> {
    const addresses = origin === undefined ? [] : await this.#addressesOf(origin, sets);
    const leases = origin === undefined ? await this.#leasesInFull(sets) : [];
    const words = leases.map(({ address, origin: who, inForce = true }) =>
      [address, who, String(inForce)].join(' '),
    );
    this.#last = { key, addresses, leases, digest: digestOf([...addresses, ...words]) };
    return this.#last;
  }

  async #addressesOf(origin: Origin, sets: readonly SetName[]): Promise<string[]> {
    const found = new Set<string>();
    for (const set of sets) {
      for await (const { address, kind } of this.#enforcer.leases(set, { origin })) {
        if (kind === 'lease') found.add(address);
      }
    }
    return [...found];
  }

  async #leasesInFull(sets: readonly SetName[]): Promise<ListedLease[]> {
    const found: ListedLease[] = [];
    for (const set of sets) {
      for await (const record of this.#enforcer.leases(set, {})) {
        if (found.length === MOST_IN_FULL) return found;
        if (record.live) found.push(this.#listed(record));
      }
    }
    return found;
  }

  #listed({ set, address, origin, until = 'default', stampMs, reason }: LeaseRecord): ListedLease {
    const parsed = parseAddress(address);
    const isInForce = parsed.ok && this.#enforcer.mayHold(set, parsed.value);
    return {
      ...{ address, origin, until, stampMs },
      ...(reason === undefined ? {} : { reason }),
      ...(isInForce ? {} : { inForce: false }),
    };
  }

  #keepFor(milliseconds: number): void {
    this.#cancel?.();
    if (this.#isClosed) return;
    this.#cancel = this.#clock.after(milliseconds, () => {
      this.#last = undefined;
    });
  }
}

function pieceOf(leases: readonly ListedLease[], offset: number): ListedLease[] {
  const piece = leases.slice(offset, offset + MOST_LEASES_LISTED);
  const room = new AnswerRoom();
  const fitting = piece.findIndex((lease) => !room.takes(lease));
  return fitting < 0 ? piece : piece.slice(0, fitting);
}

/** The same of the same texts in any order: 16 hexadecimal digits. */
function digestOf(texts: readonly string[]): string {
  const one = hashLanes();
  let [first, second] = [0, 0];
  for (const text of texts) {
    hashOrigin(text, one);
    first = (first + (one[0] ?? 0)) | 0;
    second = (second + (one[1] ?? 0)) | 0;
  }
  return [first, second].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}
