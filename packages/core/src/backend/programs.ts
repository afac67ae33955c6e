import { VallumError } from '../words/errors.js';
import type { Run } from '../system/run.js';

/** What is under way when a backend is closed may finish within this. */
const GRACE_MS = 1000;

/** Whether a program was not run, or ended, for the backend was closed. */
export function isClosed(error: unknown): boolean {
  return error instanceof VallumError && error.code === 'CLOSED';
}

/** Runs the programs of one backend until that is closed. */
export class Programs {
  readonly #run: Run;
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  constructor(run: Run) {
    this.#run = run;
  }

  readonly run: Run = (program, args, options = {}) => {
    if (this.#closed) {
      const message = `${program} is not started: the backend is closed`;
      return Promise.reject(new VallumError(message, { code: 'CLOSED', operation: program }));
    }
    const result = this.#run(program, args, { ...options, signal: this.#abort.signal });
    this.#running.add(result);
    const leave = (): void => {
      this.#running.delete(result);
    };
    result.then(leave, leave);
    return result;
  };

  /** Starts nothing more, and ends what is not done soon. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GRACE_MS);
    });
    await Promise.race([Promise.allSettled(this.#running), grace]);
    clearTimeout(timer);
    this.#abort.abort();
  }
}
