import { systemClock, type SteadyClock, type VallumStatus } from '@vallum/core';
import { describeStatus } from './describe-status.js';
import type { ServiceManager } from './service-manager.js';
import { Watchdog } from './watchdog.js';

/** What a running node lets others see of itself. */
export interface NodeObserver {
  /** Something has been finished, or nothing is waiting. */
  worked(): void;
  status(status: VallumStatus): void;
}

/** Core says so at each look at the sets, every 10 s, and at each batch, which takes seconds. */
const WORK_WITHIN_MS = 60_000;

/** Passes what the node does on to the service manager, and feeds its watchdog. */
export function observeNode(
  service: ServiceManager,
  stalled: (sentence: string) => void,
  clock: Pick<SteadyClock, 'after' | 'monotonicMs'> = systemClock,
): NodeObserver & { ready(): void; close(): void } {
  const { watchdogMs } = service;
  const watchdog =
    watchdogMs === undefined
      ? undefined
      : new Watchdog({
          timeoutMs: watchdogMs,
          workWithinMs: WORK_WITHIN_MS,
          alive: () => {
            service.alive();
          },
          stalled,
          clock,
          monotonicMs: () => clock.monotonicMs(),
        });
  return {
    worked: () => watchdog?.worked(),
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
