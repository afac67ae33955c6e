import type { Family } from '../address/address.js';
import { VallumError } from '../words/errors.js';
import { ipv6Companion, type SetName } from '../words/names.js';
import type { CreateOptions } from './create-options.js';
import { specFor } from './create-spec.js';
import type { EnforceContext } from './enforce-context.js';

export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** Looks after what the kernel sets are: follows it, and makes what is missing where asked to. */
export class SetCare {
  /** The last warning about each set, so that it is not given again at every check. */
  readonly #warned = new Map<string, string>();

  constructor(
    private readonly context: EnforceContext,
    public sets: readonly SetName[],
    private create: CreateOptions | undefined,
  ) {}

  take(sets: readonly SetName[], create: CreateOptions | undefined): void {
    this.sets = sets;
    this.create = create;
  }

  /** Asks the kernel what each set is, and creates what is missing where asked to. */
  async lookAtAll(): Promise<void> {
    await Promise.all(this.sets.map((set) => this.look(set)));
  }

  /** Every check meets the same trouble again; the log need not. */
  warnOnce(about: string, sentence: string): void {
    if (this.#warned.get(about) !== sentence) this.context.warn(sentence);
    this.#warned.set(about, sentence);
  }

  /** What was complained about is over. */
  forgive(about: string): void {
    this.#warned.delete(about);
  }

  /** Asks what one set is, and its IPv6 companion. */
  async look(set: SetName): Promise<void> {
    const { watch } = this.context;
    const state = await watch.look(set);
    if (state.state === 'missing' && this.create) await this.#make(set);
    const companion = ipv6Companion(set);
    if (companion === undefined || watch.info(set)?.family === 'ipv6') return;
    const wanted = this.create !== undefined && this.create.type !== 'bitmap:ip';
    if (watch.state(companion).state !== 'unknown') {
      const { state } = await watch.look(companion);
      if (state === 'missing' && wanted) await this.#make(companion);
      return;
    }
    try {
      // A companion that was never there is no fault, so it is looked at without a word.
      const found = await this.context.backend.inspect(companion);
      if (found) await watch.look(companion);
      else if (wanted && watch.info(set)) await this.#make(companion);
    } catch (error) {
      // The set itself has met the same, and said so.
      if (!(error instanceof VallumError)) throw error;
    }
  }

  async #make(set: SetName): Promise<void> {
    const { backend, watch } = this.context;
    try {
      await backend.create(specFor(set, this.create ?? {}));
      this.forgive(set);
      await watch.look(set);
    } catch (error) {
      if (!(error instanceof VallumError)) throw error;
      this.warnOnce(set, `cannot create set ${set}: ${error.message}`);
    }
  }
}
