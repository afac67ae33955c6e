import type { ListedLease } from '../message/reply.js';
import type { Binding } from '../message/topic.js';
import type { SteadyClock } from '../system/clock.js';
import { VallumError } from '../words/errors.js';
import { chooseBinding } from './asking.js';
import {
  askFleet,
  confirm,
  readOrigin,
  type Confirmation,
  type ConfirmOptions,
} from './confirming.js';
import { gatherLeases, gatherListing } from './gathering.js';
import type { Questioning } from './questioning.js';
import type { Vallum } from './vallum-types.js';

/** What a node asks the others over `T/ask`, in the words of its caller. */
export class FleetQuestions {
  readonly #questioning: Questioning | undefined;
  readonly #bindings: () => readonly Binding[];
  readonly #clock: SteadyClock;

  /** @param questioning undefined: there is no transport */
  constructor(
    questioning: Questioning | undefined,
    bindings: () => readonly Binding[],
    clock: SteadyClock,
  ) {
    this.#questioning = questioning;
    this.#bindings = bindings;
    this.#clock = clock;
  }

  confirm(addresses: string | readonly string[], options: ConfirmOptions): Promise<Confirmation> {
    const binding = chooseBinding(this.#bindings(), options.set);
    return confirm(this.#over('confirm'), binding, addresses, options, this.#clock);
  }

  fleet(options: Parameters<Vallum['fleet']>[0] = {}): ReturnType<Vallum['fleet']> {
    const { set, ...rest } = options;
    return askFleet(this.#over('ask the fleet'), chooseBinding(this.#bindings(), set), rest);
  }

  leasesOf(
    origin: string,
    options: Parameters<Vallum['leasesOf']>[1] = {},
  ): Promise<readonly string[]> {
    const { set, ...rest } = options;
    const binding = chooseBinding(this.#bindings(), set);
    const questioning = this.#over('ask what an origin has banned');
    return gatherLeases(questioning, binding, readOrigin(origin), this.#clock, rest);
  }

  /** @param binding of the fleet's protect list */
  listing(
    binding: Binding,
    options: Parameters<Vallum['fleetProtection']>[0] = {},
  ): Promise<readonly ListedLease[]> {
    return gatherListing(this.#over('ask what is protected'), binding, this.#clock, options);
  }

  #over(operation: string): Questioning {
    if (this.#questioning !== undefined) return this.#questioning;
    throw new VallumError('this Vallum has no transport, and so nobody to ask', {
      ...{ code: 'INVALID_ARGUMENT', operation },
    });
  }
}
