import type { DaemonIo } from './system-io.js';

export interface Signals {
  /** Settles with the first signal that asks for the end. */
  readonly asked: Promise<'SIGTERM' | 'SIGINT'>;
  /** Called for each SIGHUP, also for one that came before; never twice at a time. */
  onReload(reload: () => Promise<void>): void;
  /** Waits for the work, or for a second signal. @returns true where that came first */
  unlessAskedAgain(work: Promise<void>): Promise<boolean>;
  close(): void;
}

export function waitForEnd(io: Pick<DaemonIo, 'onSignal'>): Signals {
  let reload: (() => Promise<void>) | undefined;
  let wanted = false;
  let busy = false;
  let again: (() => void) | undefined;
  let ask: ((signal: 'SIGTERM' | 'SIGINT') => void) | undefined;
  const asked = new Promise<'SIGTERM' | 'SIGINT'>((resolve) => (ask = resolve));
  const askedAgain = new Promise<true>((resolve) => (again = () => resolve(true)));

  const end = (signal: 'SIGTERM' | 'SIGINT') => () => {
    if (ask === undefined) {
      again?.();
      return;
    }
    ask(signal);
    ask = undefined;
  };
  const reloadNow = async () => {
    if (busy) return;
    busy = true;
    // Signals that come meanwhile are one more reload, however many they are.
    while (reload && wanted) {
      wanted = false;
      await reload();
    }
    busy = false;
  };
  const removers = [
    io.onSignal('SIGTERM', end('SIGTERM')),
    io.onSignal('SIGINT', end('SIGINT')),
    io.onSignal('SIGHUP', () => {
      wanted = true;
      void reloadNow();
    }),
  ];
  return {
    asked,
    onReload(callback) {
      reload = callback;
      void reloadNow();
    },
    unlessAskedAgain: (work) => Promise.race([work.then(() => false), askedAgain]),
    close() {
      for (const remove of removers) remove();
    },
  };
}
