import type { Page } from '../ledger/page.js';
import { NEVER } from '../message/entry-columns.js';
import { decideEnd, rememberedUntil, type EndDecision } from '../policy/decide-end.js';
import { movesEnds, type SetPolicy } from '../policy/set-policy.js';
import type { Clock } from '../system/clock.js';
import { describeOrigins } from './describe-decision.js';
import { nowUnix } from './now-unix.js';

/** When the bans of a page end here, as the policy of the set has it. */
export class BanEnds {
  #policy: SetPolicy = {};
  #move = false;

  constructor(
    private readonly page: Page,
    private readonly clock: Clock,
  ) {}

  /** What the administrator wants of the set beyond what its leases say. */
  get policy(): SetPolicy {
    return this.#policy;
  }

  /** Whether bans may end at another moment than their longest lease. */
  get move(): boolean {
    return this.#move;
  }

  /** Whether bans may last behind the end of their longest lease. */
  get mayProlong(): boolean {
    const { minBanSeconds, escalateSeconds } = this.#policy;
    return minBanSeconds !== undefined || escalateSeconds !== undefined;
  }

  /** @returns whether it is another one: every ban is to be followed anew */
  takePolicy(policy: SetPolicy): boolean {
    if (JSON.stringify(policy) === JSON.stringify(this.#policy)) return false;
    this.#policy = policy;
    this.#move = movesEnds(policy);
    this.page.rememberLeases(
      this.mayProlong ? (stampMs, until) => rememberedUntil({ stampMs, until }, policy) : undefined,
    );
    return true;
  }

  /**
   * When the ban of a row of the page ends here, Unix seconds; 0: it is none; `NEVER`. Sees to it that
   * the calendar hands out the address at that moment.
   */
  of(head: number): number {
    const asked = this.page.end(head);
    if (!this.#move) return asked;
    const { end } = this.decide(head);
    if (end !== asked && end !== 0 && end !== NEVER) this.page.wakeAt(head, end);
    return end;
  }

  /** What the policy makes of the leases of a row of the page. */
  decide(head: number): EndDecision {
    const heard = this.page.isKnown(head) ? this.page.heard(head) : [];
    return decideEnd(heard, this.#policy, nowUnix(this.clock));
  }

  /** Why the policy, for now, makes nothing of a ban that the ledger holds; undefined: it makes something of it. */
  heldBack(
    head: number,
  ): { readonly code: 'max-ban' | 'quorum'; readonly detail: string } | undefined {
    if (!this.#move || !this.page.isBan(head)) return undefined;
    const { end, origins } = this.decide(head);
    if (end !== 0) return undefined;
    // Of leases that live, only a bound on how long they count leaves none.
    if (origins === 0) {
      return { code: 'max-ban', detail: 'it has lasted as long as a ban may last in this set' };
    }
    const { quorum = 1 } = this.#policy;
    const detail = `it waits for quorum: ${describeOrigins(origins, quorum, this.#policy)}`;
    return { code: 'quorum', detail };
  }
}
