/** A time in which messages for this node were lost. Unix seconds. */
export interface Missed {
  /**
   * `session`: the broker had not kept this node's session; `messages`: it had, or the connection stood,
   * and still other nodes held what had not come as a message.
   */
  readonly why: 'session' | 'messages';
  readonly from: number;
  readonly until: number;
  /** Leases and withdrawals that other nodes had, and have given since. */
  readonly taken: number;
  /** When another node was found to hold the same afterwards. */
  readonly agreed?: number;
}

/** How this node stands to its broker, as the running vallumd last knew. Unix seconds. */
export interface ContactRecord {
  readonly connected: boolean;
  /** When it was last known to be connected; absent: never. */
  readonly seen?: number;
  /** By topic prefix, to the minute: when the broker last brought something that was not retained. */
  readonly received: Readonly<Record<string, number>>;
  /** The latest of them, oldest first. */
  readonly missed: readonly Missed[];
}

export const NO_CONTACT: ContactRecord = { connected: false, received: {}, missed: [] };

/** What is in the file, or in a status at the broker; undefined where it is nothing of ours. */
export function readContactRecord(json: unknown): ContactRecord | undefined {
  if (!isObject(json)) return undefined;
  const { connected, seen, received, missed } = json;
  return {
    connected: connected === true,
    ...(isTime(seen) ? { seen } : {}),
    received: isObject(received)
      ? Object.fromEntries(
          Object.entries(received).filter((entry): entry is [string, number] => isTime(entry[1])),
        )
      : {},
    missed: Array.isArray(missed) ? missed.flatMap(readMissed) : [],
  };
}

function readMissed(json: unknown): Missed[] {
  if (!isObject(json)) return [];
  const { why, from, until, taken, agreed } = json;
  if ((why !== 'session' && why !== 'messages') || !isTime(from) || !isTime(until)) return [];
  const more = { taken: isTime(taken) ? taken : 0, ...(isTime(agreed) ? { agreed } : {}) };
  return [{ why, from, until, ...more }];
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
