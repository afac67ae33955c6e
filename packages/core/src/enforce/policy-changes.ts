import { changedProtection } from '../policy/changed-protection.js';
import type { Policy } from '../policy/decide-ban.js';
import { messageOf } from '../words/message-of.js';
import type { EnforceContext } from './enforce-context.js';
import type { Minders } from './minders.js';
import { reconsider } from './reconsider.js';
import type { Audience } from './telling.js';

/** Puts one policy in the place of another: lifts the bans that it does not allow, and enforces those that it does. */
export class PolicyChanges {
  /** The plans are by the present policy, whatever it was while the ledger was read. */
  #isRestored = false;
  #applying: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: EnforceContext,
    private readonly minders: Minders,
    private readonly audience: Audience,
  ) {}

  /** The ledger has been read, and who reads it sees to what has changed until now. */
  restored(): void {
    this.#isRestored = true;
  }

  take(policy: Policy): void {
    const changed = changedProtection(this.context.policy, policy);
    this.context.policy = policy;
    if (!this.#isRestored) return;
    this.#applying = this.#applying.then(async () => {
      const lifting: Promise<void>[] = [];
      for (const minder of this.minders.bound()) {
        let lifted = 0;
        try {
          lifted = await reconsider(minder.upkeep, this.audience, 'policy', changed);
        } catch (error) {
          minder.upkeep.reopened = true;
          this.context.warn(`internal error while a policy was applied: ${messageOf(error)}`);
        }
        minder.worker.wake();
        if (lifted > 0) lifting.push(minder.idle());
      }
      await Promise.all(lifting);
    });
  }

  /** Resolves once what the present policy does not allow is lifted, as far as kernels answer. */
  applied(): Promise<void> {
    return this.#applying;
  }
}
