import { VallumError } from '@vallum/core';
import type { Environment } from '../environment.js';
import { openDatagramSender, type DatagramSender } from './datagram-sender.js';

/** What vallumd tells systemd (sd_notify(3)); where nobody asked for it, nothing happens. */
export interface ServiceManager {
  /** How often it must hear `alive`, or it starts the program again; undefined: no watchdog. */
  readonly watchdogMs: number | undefined;
  /** Up and serving; also the end of a reload. */
  ready(): void;
  reloading(): void;
  stopping(): void;
  alive(): void;
  /** One line for `systemctl status`. */
  status(line: string): void;
}

export interface ServiceManagerDeps {
  readonly open?: (path: string) => Promise<DatagramSender>;
  readonly monotonicUsec?: () => bigint;
  readonly pid?: number;
}

/**
 * Connects to the socket that `NOTIFY_SOCKET` names. What goes wrong is said once and stops nothing.
 *
 * @param complain gets a sentence for the log
 */
export async function connectServiceManager(
  env: Environment,
  complain: (sentence: string) => void,
  deps: ServiceManagerDeps = {},
): Promise<ServiceManager> {
  const {
    open = openDatagramSender,
    monotonicUsec = systemMonotonicUsec,
    pid = process.pid,
  } = deps;
  const path = env['NOTIFY_SOCKET'];
  if (path === undefined || path === '') return nobody;

  let complained = false;
  const refused = (error: unknown) => {
    if (!(error instanceof VallumError)) throw error;
    if (complained) return;
    complained = true;
    complain(
      `systemd is not told how vallumd does: ${error.message}; use Type=exec without WatchdogSec ` +
        'in the unit, or mend this',
    );
  };
  let sender: DatagramSender;
  try {
    sender = await open(path);
  } catch (error) {
    refused(error);
    return nobody;
  }
  const tell = (...lines: readonly string[]) => {
    try {
      sender.send(lines.join('\n'));
    } catch (error) {
      refused(error);
    }
  };
  let said = '';
  return {
    watchdogMs: readWatchdog(env, pid),
    ready: () => {
      tell('READY=1');
    },
    // The time lets systemd tell this reload from one before (Type=notify-reload).
    reloading: () => {
      tell('RELOADING=1', `MONOTONIC_USEC=${monotonicUsec().toString()}`);
    },
    stopping: () => {
      tell('STOPPING=1');
    },
    alive: () => {
      tell('WATCHDOG=1');
    },
    status: (line) => {
      if (line === said) return;
      said = line;
      tell(`STATUS=${line.replaceAll('\n', ' ')}`);
    },
  };
}

const nobody: ServiceManager = {
  watchdogMs: undefined,
  ready: () => undefined,
  reloading: () => undefined,
  stopping: () => undefined,
  alive: () => undefined,
  status: () => undefined,
};

/** sd_watchdog_enabled(3): the variables may be another process's, inherited. */
function readWatchdog(env: Environment, pid: number): number | undefined {
  const usec = Number(env['WATCHDOG_USEC']);
  const meant = env['WATCHDOG_PID'];
  if (!(usec > 0) || (meant !== undefined && meant !== pid.toString())) return undefined;
  return usec / 1000;
}

/** CLOCK_MONOTONIC, as systemd reads it. */
function systemMonotonicUsec(): bigint {
  return process.hrtime.bigint() / 1000n;
}
