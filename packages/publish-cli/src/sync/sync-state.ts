import { UNSURE, type LeasedUntil } from './difference.js';

/** What is remembered of one list from one sync to the next. */
export interface SyncState {
  /** The broker that it was sent to: nobody knows what another one's nodes hold. */
  readonly broker: string;
  /** Of the last sync, Unix milliseconds: the next one's is later, whatever the clock says. */
  readonly stampMs: number;
  /** How many addresses the last list had that was brought in step. */
  readonly size: number;
  /** What the server said of that list, and what it was asked for and read with. */
  readonly validators?: Validators;
  readonly leased: LeasedUntil;
}

/** To ask a server whether a list has changed (RFC 9110, 8.8). */
export interface Validators {
  /** URL, column and whatever else makes another list of the same bytes. */
  readonly key: string;
  readonly etag?: string;
  readonly lastModified?: string;
}

/**
 * What nodes know of, in place of a state that is not there. They do not say until when: what stays in
 * the list is renewed, which makes its end known.
 */
export function stateOfNodes(
  broker: string,
  addresses: readonly string[],
  nowSeconds: number,
): SyncState {
  const endsAnyMoment = nowSeconds + 1;
  const leased = new Map(addresses.map((address) => [address, endsAnyMoment]));
  return { broker, stampMs: 0, size: addresses.length, leased };
}

/** As the first word of a file says. */
const FORMAT = 'vallum-sync 1';

/**
 * Writes a state as text: what it is, one JSON object, and for each end `@1795420000` (or `@0`) with
 * its addresses behind it, one a line.
 */
export function formatState({ leased, ...head }: SyncState): string {
  const byEnd = new Map<number, string[]>();
  for (const [address, end] of leased) {
    const same = byEnd.get(end);
    if (same === undefined) byEnd.set(end, [address]);
    else same.push(address);
  }
  const lines = [FORMAT, JSON.stringify({ ...head, leased: leased.size })];
  for (const [end, addresses] of byEnd) lines.push(`@${end.toString()}`, addresses.join('\n'));
  return `${lines.join('\n')}\n`;
}

/** @returns undefined where it is no state, or not all of one */
export function parseState(text: string): SyncState | undefined {
  const [format, json = '', ...lines] = text.split('\n');
  if (format !== FORMAT || lines.pop() !== '') return undefined;
  const head = parseHead(json);
  if (head === undefined) return undefined;
  const leased = new Map<string, number>();
  let end = UNSURE;
  for (const line of lines) {
    if (!line.startsWith('@')) {
      leased.set(line, end);
      continue;
    }
    end = Number(line.slice(1));
    if (!Number.isSafeInteger(end)) return undefined;
  }
  if (leased.size !== head.leased) return undefined;
  return { ...head, leased };
}

function parseHead(json: string): (Omit<SyncState, 'leased'> & { leased: number }) | undefined {
  try {
    const head = JSON.parse(json) as Omit<SyncState, 'leased'> & { leased: number };
    const numbers = [head.stampMs, head.size, head.leased];
    return typeof head.broker === 'string' && numbers.every(Number.isSafeInteger)
      ? head
      : undefined;
  } catch {
    return undefined;
  }
}
