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
  /** True while there is something more urgent, which the first look gives way to for 10 s at most. */
  readonly isBusy?: () => boolean;
}

export interface Watch {
  /** Something changed: look in a moment, once for all that changes together. */
  soon(): void;
  stop(): void;
}

const FIRST_WAITS_MS = 10_000;
// Sets and their rules are made one after another.
const SOON_MS = 2_000;

/** Checks on a schedule, and writes what is wrong, and what is right again. */
export function startWatch(options: WatchOptions): Watch {
  const { check, write, clock, everyMs, firstMs = 0, isBusy = () => false } = options;
  const told: Told = { findings: new Map(), bad: new Set() };
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
    if (findings) tell(findings, told, write);
    schedule(again ? SOON_MS : everyMs);
    again = false;
  };
  const schedule = (delayMs: number) => {
    cancel();
    cancel = clock.after(delayMs, () => {
      void look();
    });
  };

  const lookFirst = (waitedMs: number) => {
    cancel = clock.after(firstMs, () => {
      if (isBusy() && waitedMs + firstMs < FIRST_WAITS_MS) lookFirst(waitedMs + firstMs);
      else void look();
    });
  };

  if (firstMs > 0) lookFirst(0);
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

interface Told {
  /** The last of each check and subject. */
  readonly findings: Map<string, Finding>;
  /** What was found wrong and has not been found right since. */
  readonly bad: Set<string>;
}

function tell(findings: readonly Finding[], told: Told, write: (entry: LogEntry) => void): void {
  for (const found of findings) {
    const key = `${found.check} ${found.subject}`;
    const last = told.findings.get(key);
    const wasBad = told.bad.has(key);
    told.findings.set(key, found);
    if (found.level === 'ok') told.bad.delete(key);
    else if (found.level !== 'unknown') told.bad.add(key);
    // The message counts entries and days, and changes without being news.
    const same = last?.level === found.level && last.remedy === found.remedy;
    if (same || (found.level === 'ok' && last === undefined)) continue;
    write(toEntry(found, wasBad));
  }
}

function toEntry({ level, check, subject, message, remedy }: Finding, wasBad: boolean): LogEntry {
  const quiet = level === 'ok' || level === 'unknown';
  // What could not be looked at has not been mended.
  const word =
    level === 'unknown'
      ? 'not checked here: '
      : level !== 'ok'
        ? ''
        : wasBad
          ? 'in order again: '
          : 'in order: ';
  return {
    level: quiet ? 'info' : 'warning',
    event: `check-${check}`,
    message:
      `${check} ${subject}: ${word}${message}` + (remedy === undefined ? '' : ` → ${remedy}`),
    fields: { check, subject, level, detail: message, remedy },
  };
}
