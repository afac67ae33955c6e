import { PROTECT_TOPIC } from '@vallum/core';
import { readContactRecord, type ContactRecord } from '../contact/contact-record.js';
import { ledgersOfSets } from '../ledgers-of-sets.js';

/** What a node says of itself at the broker, as far as the doctor needs it. */
export interface NodeStatus {
  /** `online`, `stopped`, `offline`, or what somebody else has put there. */
  readonly state: string;
  readonly contact: Pick<ContactRecord, 'received' | 'missed'>;
  /** Whether the broker lets it hear what it says to other nodes; undefined: not known yet. */
  readonly heard: boolean | undefined;
  /** The same of the fleet's protect list. */
  readonly listHeard: boolean | undefined;
  /** Bans that a set does not take because of its type: set and how many. */
  readonly unfit: readonly {
    readonly set: string;
    readonly code: string;
    readonly count: number;
  }[];
}

const OF_THE_TYPE: ReadonlySet<unknown> = new Set(['prefix-unsupported', 'unsupported-type']);

/** @param text `{"state":"online","node":"fw1","sets":[…],"ledgers":[…],…}` */
export function readStatus(text: string): NodeStatus {
  const status = parse(text);
  const { state } = status;
  const { received, missed } = readContactRecord(status) ?? { received: {}, missed: [] };
  const ledgers = list(status['ledgers']);
  const heard = ledgersOfSets(ledgers).map((ledger) => ledger['heard']);
  const listHeard = ledgers.find(({ topic }) => topic === PROTECT_TOPIC)?.['heard'];
  return {
    state: typeof state === 'string' ? state : text.slice(0, 60),
    contact: { received, missed },
    heard: heard.includes(false)
      ? false
      : heard.length > 0 && heard.every((one) => one === true)
        ? true
        : undefined,
    listHeard: typeof listHeard === 'boolean' ? listHeard : undefined,
    unfit: list(status['sets']).flatMap(({ set, refusals }) =>
      list(refusals).flatMap(({ code, count }) =>
        typeof set === 'string' && typeof count === 'number' && OF_THE_TYPE.has(code)
          ? [{ set, code: String(code), count }]
          : [],
      ),
    ),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // Somebody else's words.
  }
  return {};
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value)
    ? value.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
    : [];
}
