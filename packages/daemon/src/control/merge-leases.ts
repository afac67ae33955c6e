import {
  compareAddresses,
  parseAddress,
  type Address,
  type LeaseOrder,
  type LeaseRecord,
} from '@vallum/core';

/** One set's leases, and the one that comes next. */
interface Stream<Key> {
  readonly leases: AsyncIterator<LeaseRecord>;
  lease: LeaseRecord;
  key: Key | undefined;
}

type LeasesOf = (set: string) => AsyncIterable<LeaseRecord>;

/**
 * The leases of several sets in one order.
 *
 * @param sort what `leasesOf` sorts each set by; undefined: it does not, and set comes after set
 * @throws what `leasesOf` throws
 */
export function mergeLeases(
  sets: readonly string[],
  sort: LeaseOrder | undefined,
  leasesOf: LeasesOf,
): AsyncIterable<LeaseRecord> {
  // Nothing has to be compared.
  if (sort === undefined || sets.length < 2) return inTurn(sets, leasesOf);
  switch (sort) {
    case 'address':
      return merge(sets, leasesOf, addressOf, compareAddresses);
    case 'until':
      return merge(sets, leasesOf, endOf, compareNumbers);
    case 'since':
      return merge(sets, leasesOf, ({ stampMs }) => -stampMs, compareNumbers);
  }
}

async function* inTurn(sets: readonly string[], leasesOf: LeasesOf): AsyncGenerator<LeaseRecord> {
  for (const set of sets) yield* leasesOf(set);
}

/** @param keyOf undefined: it goes with the one before it in its set */
async function* merge<Key>(
  sets: readonly string[],
  leasesOf: LeasesOf,
  keyOf: (lease: LeaseRecord) => Key | undefined,
  compare: (one: Key, other: Key) => number,
): AsyncGenerator<LeaseRecord> {
  const comesBefore = (one: Stream<Key>, other: Stream<Key>): boolean =>
    other.key !== undefined && (one.key === undefined || compare(one.key, other.key) < 0);
  const opened: AsyncIterator<LeaseRecord>[] = [];
  let streams: Stream<Key>[] = [];
  try {
    for (const set of sets) {
      const leases = leasesOf(set)[Symbol.asyncIterator]();
      opened.push(leases);
      const first = await leases.next();
      if (first.done !== true) {
        streams.push({ leases, lease: first.value, key: keyOf(first.value) });
      }
    }
    while (streams.length > 0) {
      const next = streams.reduce((best, one) => (comesBefore(one, best) ? one : best));
      yield next.lease;
      const following = await next.leases.next();
      if (following.done === true) {
        streams = streams.filter((one) => one !== next);
      } else {
        next.lease = following.value;
        next.key = keyOf(following.value) ?? next.key;
      }
    }
  } finally {
    // Whoever reads may have had enough.
    for (const leases of opened) await leases.return?.();
  }
}

function addressOf({ address }: LeaseRecord): Address | undefined {
  const parsed = parseAddress(address);
  return parsed.ok ? parsed.value : undefined;
}

/** Of a withdrawal nobody is told until when it is remembered. */
function endOf({ until }: LeaseRecord): number | undefined {
  return typeof until === 'number' ? until : until === undefined ? undefined : Infinity;
}

/** Infinity - Infinity is no number. */
function compareNumbers(one: number, other: number): number {
  return one === other ? 0 : one - other;
}
