import { parseAddress } from '../address/parse.js';
import type { Address } from '../address/address.js';
import type { Enforcer } from '../enforce/enforcer.js';
import type { Explanation } from '../enforce/explain.js';
import type { LeaseRecord } from '../enforce/lease-record.js';
import type { Binding } from '../message/topic.js';
import { PROTECT_SET } from '../policy/fleet-protection.js';
import { wholeText } from '../share/digest-text.js';
import { VallumError } from '../words/errors.js';
import type { SetName } from '../words/names.js';
import { boundSets } from './read-bindings.js';
import type { LeasesOptions } from './vallum-types.js';

/** What a node knows, for those who ask: it changes nothing. */
export class Inspection {
  constructor(
    private readonly enforcer: Enforcer | undefined,
    private readonly bindings: () => readonly Binding[],
  ) {}

  /** @throws VallumError `INVALID_ARGUMENT` */
  leases(
    set: string,
    { within, since, endingBy, ...rest }: LeasesOptions,
  ): AsyncIterable<LeaseRecord> {
    const operation = 'list leases';
    const { limit, offset } = rest;
    for (const [name, number] of Object.entries({ limit, offset })) {
      if (number === undefined || (Number.isInteger(number) && number >= 0)) continue;
      throw invalid(`${name} is ${String(number)}; it is a whole number from 0 on`, operation);
    }
    return this.#enforcer(operation).leases(this.#set(set, operation), {
      ...rest,
      ...(since === undefined ? {} : { sinceMs: since.getTime() }),
      ...(endingBy === undefined ? {} : { endingBy: endingBy.getTime() / 1000 }),
      ...(within === undefined ? {} : { within: address(within, operation) }),
    });
  }

  /** @throws VallumError `INVALID_ARGUMENT` */
  async explain(text: string, set: string | undefined): Promise<Explanation> {
    const operation = 'explain a ban';
    const enforcer = this.#enforcer(operation);
    const only = set === undefined ? undefined : [this.#set(set, operation)];
    const explanation = await enforcer.explain(address(text, operation), only);
    const standings = explanation.standings.map((standing) => ({
      ...standing,
      topics: this.bindings()
        .filter((binding) => binding.set === standing.set)
        .map(({ topic }) => topic),
    }));
    return { ...explanation, standings };
  }

  /** @throws VallumError `INVALID_ARGUMENT` */
  digest(set: string): string {
    const operation = 'read a digest';
    const enforcer = this.#enforcer(operation);
    return wholeText(enforcer.ledger.digest(this.#set(set, operation)).whole);
  }

  /** @throws VallumError `INVALID_ARGUMENT` */
  count(set: string): number {
    const operation = 'count bans';
    const { ledger } = this.#enforcer(operation);
    const name = this.#set(set, operation);
    return ledger.page(name, 'ipv4').bans + ledger.page(name, 'ipv6').bans;
  }

  #enforcer(operation: string): Enforcer {
    if (this.enforcer !== undefined) return this.enforcer;
    throw invalid('this Vallum has no backend, and so keeps no leases', operation);
  }

  #set(text: string, operation: string): SetName {
    const sets = boundSets(this.bindings());
    if (text === PROTECT_SET && this.#enforcer(operation).fleetList !== undefined)
      return PROTECT_SET;
    const set = sets.find((name) => name === text);
    if (set !== undefined) return set;
    const known = sets.join(', ');
    throw invalid(
      `set ${JSON.stringify(text)} is none that this Vallum serves: ${known}`,
      operation,
    );
  }
}

function address(text: string, operation: string): Address {
  const parsed = parseAddress(text);
  if (parsed.ok) return parsed.value;
  throw invalid(`${JSON.stringify(text)}: ${parsed.detail}`, operation);
}

function invalid(message: string, operation: string): VallumError {
  return new VallumError(message, { code: 'INVALID_ARGUMENT', operation });
}
