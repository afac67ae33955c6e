import type { Family } from '../address/address.js';
import { VallumError } from '../words/errors.js';
import type { SetName } from '../words/names.js';
import { ipv6Companion } from '../policy/route-family.js';
import type { ReconcileSummary } from './report.js';
import type { CreateOptions } from './create-options.js';
import { kernelInfo, type EnforceContext } from './context.js';
import { specFor } from './create-spec.js';
import { reconcile } from './reconcile.js';

export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

export interface SetCareOptions {
  readonly sets: readonly SetName[];
  readonly create: CreateOptions | undefined;
  readonly reconciled: (summary: ReconcileSummary) => void;
  readonly warn: (sentence: string) => void;
}

/** Looks after the kernel sets: follows what they are, makes what is missing, mends what differs. */
export class SetCare {
  readonly #context: EnforceContext;
  readonly #options: SetCareOptions;
  #sets: readonly SetName[];
  #create: CreateOptions | undefined;
  /** Identity of the kernel set of each set and family when it last agreed with the ledger. */
  readonly #agreed = new Map<string, string>();
  /** The last warning about each set, so that it is not given again at every check. */
  readonly #warned = new Map<string, string>();

  constructor(context: EnforceContext, options: SetCareOptions) {
    this.#context = context;
    this.#options = options;
    this.#sets = options.sets;
    this.#create = options.create;
  }

  /** The bound sets. */
  get sets(): readonly SetName[] {
    return this.#sets;
  }

  take(sets: readonly SetName[], create: CreateOptions | undefined): void {
    this.#sets = sets;
    this.#create = create;
  }

  /** Asks the kernel what each set is, and creates what is missing where asked to. */
  async lookAtAll(): Promise<void> {
    for (const set of this.#sets) await this.#look(set);
  }

  /** Brings every kernel set that differs from the ledger to what it says. */
  async mendAll(): Promise<void> {
    for (const set of this.#sets) {
      for (const family of FAMILIES) await this.#mend(set, family);
    }
  }

  async #look(set: SetName): Promise<void> {
    const { watch } = this.#context;
    const state = await watch.look(set);
    if (state.state === 'missing' && this.#create) await this.#make(set);
    const companion = ipv6Companion(set);
    if (companion === undefined || watch.info(set)?.family === 'ipv6') return;
    const wanted = this.#create !== undefined && this.#create.type !== 'bitmap:ip';
    if (watch.state(companion).state !== 'unknown') {
      const { state } = await watch.look(companion);
      if (state === 'missing' && wanted) await this.#make(companion);
      return;
    }
    try {
      // A companion that was never there is no fault, so it is looked at without a word.
      const found = await this.#context.backend.inspect(companion);
      if (found) await watch.look(companion);
      else if (wanted && watch.info(set)) await this.#make(companion);
    } catch (error) {
      // The set itself has met the same, and said so.
      if (!(error instanceof VallumError)) throw error;
    }
  }

  async #make(set: SetName): Promise<void> {
    const { backend, watch } = this.#context;
    try {
      await backend.create(specFor(set, this.#create ?? {}));
      this.#warned.delete(set);
      await watch.look(set);
    } catch (error) {
      if (!(error instanceof VallumError)) throw error;
      this.#warnOnce(set, `cannot create set ${set}: ${error.message}`);
    }
  }

  async #mend(set: SetName, family: Family): Promise<void> {
    const info = kernelInfo(this.#context, set, family);
    const key = `${set}/${family}`;
    if (!info) {
      this.#agreed.delete(key);
      return;
    }
    const { bans, pending, withdrawn } = this.#context.ledger.page(set, family);
    const identity = info.identity ?? '';
    const full = info.maxEntries !== undefined && info.entries >= info.maxEntries;
    const missing = info.entries < bans.size - pending.size;
    const todo = (pending.size > 0 && !full) || withdrawn.size > 0;
    if (this.#agreed.get(key) === identity && !missing && !todo) return;
    try {
      const summary = await reconcile(this.#context, set, family);
      if (!summary) return;
      this.#warned.delete(key);
      this.#agreed.set(key, identity);
      if (summary.added + summary.deleted + summary.failed > 0) this.#options.reconciled(summary);
    } catch (error) {
      if (!(error instanceof VallumError)) throw error;
      this.#warnOnce(key, `cannot reconcile set ${info.set}: ${error.message}`);
    }
  }

  /** Every check meets the same trouble again; the log need not. */
  #warnOnce(about: string, sentence: string): void {
    if (this.#warned.get(about) !== sentence) this.#options.warn(sentence);
    this.#warned.set(about, sentence);
  }
}
