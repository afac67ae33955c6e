import { SET_TYPES, type Backend, type SetInfo } from '../backend/backend.js';
import { VallumError } from '../words/errors.js';
import { familyOfName, type SetName } from '../words/names.js';
import type { SetState } from './report.js';

const ASK_AGAIN_MS = 200;

/** Follows what the kernel sets are, and says so once whenever it changes. */
export class SetWatch {
  readonly #states = new Map<SetName, SetState>();
  /** How often each set was found to be another one than before. */
  readonly #generations = new Map<SetName, number>();
  /** When `lookAgain` last asked. */
  readonly #askedMs = new Map<SetName, number>();

  constructor(
    private readonly backend: Backend,
    private readonly changed: (state: SetState) => void,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  /** What is known of a set without asking; a set that is not ready has no info. */
  info(set: SetName): SetInfo | undefined {
    const state = this.#states.get(set);
    return state?.state === 'ready' ? state.info : undefined;
  }

  state(set: SetName): SetState {
    return this.#states.get(set) ?? { set, state: 'unknown' };
  }

  /** A number that changes whenever the set is another one, also for a moment between two looks. */
  generation(set: SetName): number {
    return this.#generations.get(set) ?? 0;
  }

  /** Asks the kernel. */
  async look(set: SetName): Promise<SetState> {
    const before = this.#states.get(set);
    const now = await this.#inspect(set);
    this.#states.set(set, now);
    if (isAnother(before, now)) this.#generations.set(set, this.generation(set) + 1);
    if (differs(before, now)) this.changed(now);
    return now;
  }

  /**
   * As `look`, for those who have found a set that is not ready: however many of them there are, the
   * kernel is asked five times a second at most.
   */
  async lookAgain(set: SetName): Promise<SetState> {
    const askedMs = this.#askedMs.get(set) ?? -Infinity;
    const nowMs = this.monotonicMs();
    if (nowMs - askedMs < ASK_AGAIN_MS) return this.state(set);
    this.#askedMs.set(set, nowMs);
    return this.look(set);
  }

  /** The command that creates a set, for an administrator to type. */
  howToCreate(set: SetName): string {
    return this.backend.howToCreate?.(set) ?? ipsetCommand(set);
  }

  #missingDetail(set: SetName): string {
    return `set ${set} does not exist; create it: ${this.howToCreate(set)}`;
  }

  async #inspect(set: SetName): Promise<SetState> {
    try {
      const info = await this.backend.inspect(set);
      if (!info) return { set, state: 'missing', detail: this.#missingDetail(set) };
      if (!(SET_TYPES as readonly string[]).includes(info.type)) {
        return {
          set,
          state: 'unsupported-type',
          detail: `set ${set} is a ${info.type}; Vallum edits ${SET_TYPES.join(', ')}`,
        };
      }
      return { set, state: 'ready', info };
    } catch (error) {
      if (!(error instanceof VallumError)) throw error;
      const state = error.code === 'PERMISSION_DENIED' ? 'permission-denied' : 'unavailable';
      return { set, state, detail: error.message };
    }
  }
}

function ipsetCommand(set: SetName): string {
  const family = familyOfName(set) === 'ipv6' ? ' family inet6' : '';
  return `ipset create ${set} hash:net${family} timeout 0`;
}

/** Numbers of entries come and go; what a set is, and whether any rule refers to it, is news. */
function differs(before: SetState | undefined, now: SetState): boolean {
  if (isAnother(before, now)) return true;
  if (before?.state !== 'ready' || now.state !== 'ready') return false;
  return before.info.references > 0 !== now.info.references > 0;
}

/** Of what the set holds nothing is known any more. */
function isAnother(before: SetState | undefined, now: SetState): boolean {
  if (before?.state !== now.state) return true;
  if (before.state !== 'ready' || now.state !== 'ready') return false;
  const { type, family, defaultTimeoutSeconds, netmask, range, identity } = now.info;
  return (
    before.info.type !== type ||
    before.info.family !== family ||
    before.info.defaultTimeoutSeconds !== defaultTimeoutSeconds ||
    before.info.netmask !== netmask ||
    before.info.range?.first !== range?.first ||
    before.info.range?.last !== range?.last ||
    before.info.identity !== identity
  );
}
