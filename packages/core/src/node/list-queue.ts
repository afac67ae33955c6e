import type { Enforcer } from '../enforce/enforcer.js';
import type { SetEntries } from '../enforce/intake.js';
import { nextTurn } from '../system/time-slice.js';
import type { QueueLength } from '../transport/transport.js';

/** Beyond so many bytes of payload nothing more is taken before some of it is done. */
const MOST_BYTES = 2 * 1024 * 1024;

export interface QueuedList {
  readonly entries: readonly SetEntries[];
  /** Index of its message, by which the engine names its condition. */
  readonly messageIndex: number;
  readonly bytes: number;
}

interface Waiting extends QueuedList {
  readonly kept: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Large messages on their way into the engine, one after another: between two of them what came
 * meanwhile has its turn, so that single bans wait for none of it. Their stamps were given as they
 * came, and merging does not mind the order.
 */
export class ListQueue {
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #working: Promise<void> | undefined;
  #roomy: (() => void)[] = [];
  #isStopped = false;

  constructor(private readonly enforcer: Enforcer) {}

  /** @returns resolves once the list is kept as `Submission.kept` says; never where it was stopped */
  add(list: QueuedList): Promise<void> {
    return new Promise((kept, failed) => {
      this.#waiting.push({ ...list, kept, failed });
      this.#bytes += list.bytes;
      this.#working ??= this.#work();
    });
  }

  /** With the one that is being taken. */
  get length(): QueueLength {
    const isWorking = this.#working === undefined ? 0 : 1;
    return { messages: this.#waiting.length + isWorking, bytes: this.#bytes };
  }

  /** Resolves once there is room for more. */
  room(): Promise<void> {
    if (this.#bytes <= MOST_BYTES || this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => this.#roomy.push(resolve));
  }

  /** What has not begun is left to the broker, which has had no acknowledgement. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#waiting.length = 0;
    this.#makeRoom();
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let list; (list = this.#waiting.shift()) !== undefined;) {
      await nextTurn();
      if (this.#isStopped) break;
      await this.#submit(list);
      this.#bytes -= list.bytes;
      if (this.#bytes <= MOST_BYTES) this.#makeRoom();
    }
    this.#working = undefined;
  }

  async #submit({ entries, messageIndex, kept, failed }: Waiting): Promise<void> {
    try {
      const conditions = await this.enforcer.submit(entries).kept;
      const condition = conditions[messageIndex];
      // Nobody behind it waits for that.
      if (condition === undefined) kept();
      else condition.then(kept, failed);
    } catch (error) {
      failed(error);
    }
  }

  #makeRoom(): void {
    for (const resolve of this.#roomy.splice(0)) resolve();
  }
}
