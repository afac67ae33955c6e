import type { Audience } from '../enforce/telling.js';
import { protectReport, protectSummary } from '../enforce/protect-report.js';
import { parseTopicPrefix, type Binding } from '../message/topic.js';
import { PROTECT_SET, PROTECT_TOPIC } from '../policy/fleet-protection.js';
import type { Clock } from '../system/clock.js';
import { VallumError } from '../words/errors.js';
import type { NodeEvents } from './node-events.js';
import { SharePermission } from './share-permission.js';

/** Before repair, which speaks on the same connection, takes itself for what is forbidden. */
const MOST_IN_A_ROW = 2;

export interface ProtectionOptions {
  /** Default `vallum/protect`. */
  readonly topic: string | undefined;
  readonly clock: Clock;
  readonly events: NodeEvents;
  /** Whether other nodes are known to have got what this one says on a topic; undefined: not known. */
  readonly isHeard: (topic: string) => boolean | undefined;
  /** The broker ends the connection of who takes part (false), or is tried again (true). */
  readonly changed: (isGiven: boolean) => void;
}

/** How a node takes part in the fleet's protect list: whether the broker lets it. */
export class Protection {
  readonly binding: Binding;
  readonly #options: ProtectionOptions;
  readonly #permission: SharePermission;
  #isRefused = false;
  /** Other nodes, or the broker, have had an answer for it on this connection. */
  #isGranted = false;

  /** @throws VallumError `INVALID_ARGUMENT` for a topic that cannot be one */
  constructor(options: ProtectionOptions) {
    const { topic = PROTECT_TOPIC, clock, events } = options;
    this.#options = options;
    this.binding = protectBinding(topic);
    this.#permission = new SharePermission(
      clock,
      (isGiven) => {
        events.emit(isGiven ? 'notice' : 'warning', isGiven ? this.#trying : this.#forbidden);
        options.changed(isGiven);
      },
      MOST_IN_A_ROW,
    );
  }

  /** What to bind beside the topics of bans, as the broker lets it. */
  get bindings(): readonly Binding[] {
    return this.#permission.isGiven ? [this.binding] : [];
  }

  /** Whether the broker lets this node read the list; undefined: not known yet. */
  get isAllowed(): boolean | undefined {
    if (this.#isRefused || !this.#permission.isGiven) return false;
    return this.#isHeard ?? (this.#isGranted ? true : undefined);
  }

  connected(): void {
    this.#isGranted = false;
    this.#permission.connected();
    this.#permission.sent();
  }

  /** Something was said on the topic. */
  sent(): void {
    this.#permission.sent();
  }

  disconnected(): void {
    this.#permission.disconnected(this.#isHeard ?? this.#isGranted);
  }

  subscribed(filter: string, isGranted: boolean): void {
    if (filter !== `${this.binding.topic}/#`) return;
    this.#isGranted = isGranted;
    this.#isRefused = !isGranted;
  }

  /** That what it says there does not come back is no news where it may not read there. */
  isNews(topic: string): boolean {
    return !(this.#isRefused && topic === `${this.binding.topic}/sync`);
  }

  close(): void {
    this.#permission.close();
  }

  get #isHeard(): boolean | undefined {
    return this.#options.isHeard(this.binding.topic);
  }

  get #forbidden(): string {
    const { topic } = this.binding;
    return (
      `the broker ends the connection when this node reads or writes ${topic}/#, the fleet's protect list: ` +
      'it does not for ten minutes, and what it knows of the list stays protected'
    );
  }

  get #trying(): string {
    return `this node tries again to take part in the fleet's protect list on ${this.binding.topic}`;
  }
}

/** @throws VallumError `INVALID_ARGUMENT` */
function protectBinding(topic: string): Binding {
  const parsed = parseTopicPrefix(topic);
  if (parsed.ok) return { topic: parsed.value, set: PROTECT_SET };
  throw new VallumError(`protection.topic ${JSON.stringify(topic)}: ${parsed.detail}`, {
    ...{ code: 'INVALID_ARGUMENT', operation: 'read the topics' },
  });
}

/** Who hears of the fleet's protect list: the listeners to `protection`, and of large messages to `notice`. */
export function protectAudience(events: NodeEvents): Audience {
  return {
    all: false,
    report: (report) => {
      events.emit('protection', protectReport(report));
    },
    summary: (summary) => {
      events.emit('notice', protectSummary(summary));
    },
  };
}
