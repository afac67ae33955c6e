import type { Enforcer } from '../enforce/enforcer.js';
import type { Report } from '../enforce/report.js';
import type { Audience } from '../enforce/telling.js';
import type { Command } from '../message/command.js';
import type { Binding } from '../message/topic.js';
import type { Clock } from '../system/clock.js';
import type { Transport } from '../transport/transport.js';
import { VallumError } from '../words/errors.js';
import type { OwnStamps } from './own-stamps.js';
import { publishCommands, published } from './publish-commands.js';
import { boundSets } from './read-bindings.js';
import { readRequests } from './read-requests.js';
import { submitCommands, type PlacedRequest } from './submit-commands.js';
import type { BanOptions } from './vallum-types.js';

/** How long `finish` waits for the broker to confirm what was asked before it. */
const FINISH_MS = 5_000;

export interface AskingOptions {
  readonly enforcer: Enforcer | undefined;
  readonly transport: Transport | undefined;
  readonly clock: Clock;
  readonly stamps: OwnStamps;
  /** In whose name it is asked where a call names nobody. */
  readonly origin: string | undefined;
  readonly audience: Audience;
}

/** What a program asks for by `ban` and `unban`: enforced here, and published. */
export class Asking {
  readonly #options: AskingOptions;
  readonly #open = new Set<Promise<Report[]>>();

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /**
   * @param bindings those that are served now
   * @throws VallumError see `Vallum.ban`
   */
  async ask(
    action: Command['action'],
    addresses: string | readonly string[],
    options: BanOptions,
    bindings: readonly Binding[],
  ): Promise<Report[]> {
    const asked = this.#ask(action, addresses, options, bindings);
    this.#open.add(asked);
    try {
      return await asked;
    } finally {
      this.#open.delete(asked);
    }
  }

  /** Lets what was asked be published, for some seconds. */
  async finish(): Promise<void> {
    if (this.#open.size === 0) return;
    let cancel: (() => void) | undefined;
    const tooLate = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(FINISH_MS, resolve);
    });
    await Promise.race([Promise.allSettled(this.#open), tooLate]);
    cancel?.();
  }

  async #ask(
    action: Command['action'],
    addresses: string | readonly string[],
    options: BanOptions,
    bindings: readonly Binding[],
  ): Promise<Report[]> {
    const { enforcer, transport, stamps, origin, audience } = this.#options;
    const { signal, ...terms } = options;
    if (signal?.aborted === true) {
      throw new VallumError('it was given up before it was asked for', {
        code: 'ABORTED',
        operation: action,
        cause: signal.reason,
      });
    }
    const binding = chooseBinding(bindings, options.set);
    const asked = readRequests(action, addresses, {
      ...terms,
      binding,
      origin: options.origin ?? origin,
      stamp: stamps.next(),
    });
    const requests = asked.flatMap((item): PlacedRequest[] => ('command' in item ? [item] : []));
    const enforced = enforcer
      ? await submitCommands(enforcer, binding.set, requests, audience)
      : [];
    // What this node's set cannot hold, others' may; what policy forbids here is not sent.
    const toSend = requests.filter((_, index) => !isForbidden(enforced[index]));
    if (transport) {
      const commands = toSend.map(({ command }) => command);
      await publishCommands(transport, binding, action, commands, signal ? { signal } : {});
    }
    const done = enforced[Symbol.iterator]();
    return asked.map((item) => {
      if ('rejection' in item) {
        audience.report(item.rejection);
        return item.rejection;
      }
      const place = item.place === 0 ? undefined : `entry ${String(item.place)}`;
      const report = done.next().value ?? published(item.command, place);
      if (!enforcer) audience.report(report);
      return report;
    });
  }
}

export function chooseBinding(bindings: readonly Binding[], set: string | undefined): Binding {
  const sets = boundSets(bindings);
  const wanted = set ?? (sets.length === 1 ? sets[0] : undefined);
  const found = bindings.find((binding) => binding.set === wanted);
  if (!found) {
    const known = sets.join(', ');
    throw new VallumError(
      set === undefined
        ? `name the set: this Vallum serves ${known}`
        : `set ${JSON.stringify(set)} is none that this Vallum serves: ${known}`,
      { code: 'INVALID_ARGUMENT', operation: 'choose the set' },
    );
  }
  return found;
}

/** True for what may not be banned anywhere: a protected address, a prefix too wide. */
function isForbidden(report: Report | undefined): boolean {
  return (
    report?.outcome === 'refused' &&
    (report.code === 'protected' || report.code === 'prefix-too-wide')
  );
}
