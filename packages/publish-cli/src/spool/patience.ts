import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { AWAY_KNOWN_FOR_MS, AWAY_PREFIX, WORK } from './names.js';
import { loadSpool } from './load.js';
import type { Receiver } from './while-connected.js';

/** Enough for a broker that is there: a name, TCP, TLS and MQTT over 50 ms of network. */
const BRIEF_MS = 300;

/** How long a call tries to reach a broker before it keeps what it has. */
export interface Patience {
  /** undefined: as long as `--wait` says. */
  readonly connectWithinMs?: number;
  /** It was reached. */
  connected(): void;
}

const ORDINARY: Patience = { connected: () => undefined };

/**
 * A broker that is away costs each call its whole `--wait`, and fail2ban makes one call a ban. So within
 * a minute of a call that has waited in vain the others try for a moment only.
 *
 * @param folder of the spool
 */
export async function patienceFor(
  folder: string,
  receiver: Receiver,
  nowMs: number,
): Promise<Patience> {
  if (!wasAnyAway(folder, nowMs)) return ORDINARY;
  const { noteBack, wasAwayJustNow } = await loadSpool();
  const connected = () => {
    noteBack(folder, receiver);
  };
  return wasAwayJustNow(folder, receiver, nowMs)
    ? { connectWithinMs: BRIEF_MS, connected }
    : { connected };
}

/** Before anything else is loaded: most spools have no such mark, or one of long ago. */
function wasAnyAway(folder: string, nowMs: number): boolean {
  const work = join(folder, WORK);
  try {
    return readdirSync(work).some(
      (name) => name.startsWith(AWAY_PREFIX) && isFresh(join(work, name), nowMs),
    );
  } catch {
    return false;
  }
}

/** Whether such a mark was made within the last minute. */
export function isFresh(mark: string, nowMs: number): boolean {
  try {
    const sinceMs = nowMs - Number(readlinkSync(mark));
    // A clock that was set back says nothing.
    return sinceMs >= 0 && sinceMs < AWAY_KNOWN_FOR_MS;
  } catch {
    return false;
  }
}
