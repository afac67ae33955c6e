import type { DaemonIo } from './system-io.js';

export interface Signals {
  /** Settles with the first signal that asks for the end. */
  readonly asked: Promise<'SIGTERM' | 'SIGINT'>;
  /** Called for each SIGHUP, also for one that came before; never twice at a time. */
  onReload(reload: () => Promise<void>): void;
  /** The same for SIGUSR1. */
  onReconcile(reconcile: () => Promise<void>): void;
  /** Waits for the work, or for a second signal. @returns true where that came first */
  unlessAskedAgain(work: Promise<void>): Promise<boolean>;
  close(): void;
}

export function waitForEnd(io: Pick<DaemonIo, 'onSignal'>): Signals {
  const reload = new Wish();
  const reconcile = new Wish();
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
  const removers = [
    io.onSignal('SIGTERM', end('SIGTERM')),
    io.onSignal('SIGINT', end('SIGINT')),
    io.onSignal('SIGHUP', () => {
      reload.ask();
    }),
    io.onSignal('SIGUSR1', () => {
      reconcile.ask();
    }),
  ];
  return {
    asked,
    onReload(callback) {
      reload.fulfilBy(callback);
    },
    onReconcile(callback) {
      reconcile.fulfilBy(callback);
    },
    unlessAskedAgain: (work) => Promise.race([work.then(() => false), askedAgain]),
    close() {
      for (const remove of removers) remove();
    },
  };
}

/** Something that may be asked for at any time, and is done once at a time. */
class Wish {
  #fulfil: (() => Promise<void>) | undefined;
  #isAsked = false;
  #isBusy = false;

  ask(): void {
    this.#isAsked = true;
    void this.#work();
  }

  fulfilBy(fulfil: () => Promise<void>): void {
    this.#fulfil = fulfil;
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    // What is asked meanwhile is asked once more, however often it is.
    while (this.#fulfil && this.#isAsked) {
      this.#isAsked = false;
      await this.#fulfil();
    }
    this.#isBusy = false;
  }
}
