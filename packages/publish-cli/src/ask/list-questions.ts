import type { Address } from '@vallum/core';
import { ListReader, MOST_ADDRESSES_ASKED, type Origin } from '@vallum/core/protocol';

/** Addresses that one origin has asked for at one moment: what one question is about. */
export interface RequestPart {
  readonly origin: Origin | undefined;
  readonly stampMs: number;
  readonly addresses: readonly Address[];
}

/** Parts that are gathered at a time; a list in which every entry has a stamp of its own goes on in small ones. */
const MOST_OPEN = 256;

/**
 * What was sent, as nodes can be asked about it.
 *
 * @param payloads messages in the line form, each entry with its stamp
 */
export function* listParts(payloads: Iterable<Uint8Array>): Generator<RequestPart, void> {
  const open = new Map<
    string,
    { origin: Origin | undefined; stampMs: number; addresses: Address[] }
  >();
  for (const payload of payloads) {
    const full: RequestPart[] = [];
    const reader = new ListReader({
      entry: (entry) => {
        const { origin, stamp } = entry;
        const key = `${stamp.toString()} ${origin}`;
        const part = open.get(key) ?? {
          ...{ origin: origin === '' ? undefined : (origin as Origin), stampMs: stamp },
          addresses: [],
        };
        part.addresses.push(entry.toEntry().address);
        if (part.addresses.length < MOST_ADDRESSES_ASKED && open.size < MOST_OPEN)
          open.set(key, part);
        else {
          open.delete(key);
          full.push(part);
        }
      },
      rejected: () => undefined,
    });
    reader.push(payload);
    reader.end();
    yield* full;
  }
  yield* open.values();
}
