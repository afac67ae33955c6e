import type { Clock } from '@vallum/core';
import type { Finding } from '@vallum/doctor';
import type { LogEntry } from '../log.js';

export interface WatchOptions {
  /** The cheap part of the doctor's checks. */
  readonly check: () => Promise<readonly Finding[]>;
  readonly write: (entry: LogEntry) => void;
  readonly clock: Clock;
  readonly everyMs: number;
  /** How long the first look waits. Default: not at all. */
  readonly firstMs?: number;
}

export interface Watch {
  /** Something changed: look in a moment, once for all that changes together. */
  soon(): void;
  stop(): void;
}

// Sets and their rules are made one after another.
const SOON_MS = 2_000;

/** Checks on a schedule, and writes what is wrong, and what is right again. */
export function startWatch({ check, write, clock, everyMs, firstMs = 0 }: WatchOptions): Watch {
  let said = new Map<string, Finding>();
  let cancel: () => void = () => undefined;
  let busy = false;
  let again = false;
  let stopped = false;

  const look = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    const findings = await check().catch((error: unknown) => {
      const detail = error instanceof Error ? error.message : String(error);
      write({ level: 'debug', event: 'check-failed', message: `cannot check: ${detail}` });
      return undefined;
    });
    busy = false;
    if (stopped) return;
    if (findings) said = tell(findings, said, write);
    schedule(again ? SOON_MS : everyMs);
    again = false;
  };
  const schedule = (delayMs: number) => {
    cancel();
    cancel = clock.after(delayMs, () => {
      void look();
    });
  };

  if (firstMs > 0) schedule(firstMs);
  else void look();
  return {
    soon() {
      if (stopped) return;
      if (busy) again = true;
      else schedule(SOON_MS);
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}

/** @returns what is known now, for the next comparison */
function tell(
  findings: readonly Finding[],
  before: ReadonlyMap<string, Finding>,
  write: (entry: LogEntry) => void,
): Map<string, Finding> {
  const now = new Map<string, Finding>();
  for (const found of findings) {
    const key = `${found.check} ${found.subject}`;
    const last = before.get(key);
    now.set(key, found);
    // The message counts entries and days, and changes without being news.
    const same = last?.level === found.level && last.remedy === found.remedy;
    if (same || (found.level === 'ok' && last === undefined)) continue;
    write(toEntry(found));
  }
  return now;
}

function toEntry({ level, check, subject, message, remedy }: Finding): LogEntry {
  const good = level === 'ok';
  return {
    level: good || level === 'unknown' ? 'info' : 'warning',
    event: `check-${check}`,
    message:
      `${check} ${subject}: ${good ? 'in order again: ' : ''}${message}` +
      (remedy === undefined ? '' : ` → ${remedy}`),
    fields: { check, subject, level, detail: message, remedy },
  };
}
