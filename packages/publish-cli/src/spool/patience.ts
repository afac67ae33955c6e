import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AWAY_PREFIX, WORK } from './names.js';
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
  if (!wasAnyAway(folder)) return ORDINARY;
  const { noteBack, wasAwayJustNow } = await loadSpool();
  const connected = () => {
    noteBack(folder, receiver);
  };
  return wasAwayJustNow(folder, receiver, nowMs)
    ? { connectWithinMs: BRIEF_MS, connected }
    : { connected };
}

/** One call of the system, before anything else is loaded. */
function wasAnyAway(folder: string): boolean {
  try {
    return readdirSync(join(folder, WORK)).some((name) => name.startsWith(AWAY_PREFIX));
  } catch {
    return false;
  }
}
