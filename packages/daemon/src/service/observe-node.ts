import { systemClock, type Clock, type VallumStatus } from '@vallum/core';
import { describeStatus } from './describe-status.js';
import type { ServiceManager } from './service-manager.js';
import { Watchdog } from './watchdog.js';

/** What a running node lets others see of itself. */
export interface NodeObserver {
  /** A look at the sets has ended, or an entry has its outcome. */
  progress(): void;
  status(status: VallumStatus): void;
}

/** Core looks at the sets every 10 s, plus the time that takes. */
const PROGRESS_WITHIN_MS = 60_000;

/** Passes what the node does on to the service manager, and feeds its watchdog. */
export function observeNode(
  service: ServiceManager,
  stalled: (sentence: string) => void,
  clock: Pick<Clock, 'after'> = systemClock,
): NodeObserver & { ready(): void; close(): void } {
  const { watchdogMs } = service;
  const watchdog =
    watchdogMs === undefined
      ? undefined
      : new Watchdog({
          timeoutMs: watchdogMs,
          progressWithinMs: PROGRESS_WITHIN_MS,
          alive: () => {
            service.alive();
          },
          stalled,
          clock,
        });
  return {
    progress: () => watchdog?.progress(),
    status: (status) => {
      service.status(describeStatus(status));
    },
    ready() {
      service.ready();
      watchdog?.start();
    },
    close: () => watchdog?.stop(),
  };
}
