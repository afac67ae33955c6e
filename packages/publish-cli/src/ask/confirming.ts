import type { ReplyException } from '@vallum/core';
import { MOST_WAIT_MS } from '@vallum/core/protocol';
import type { Interruption } from '../interruption.js';
import type { Answer, Answers, AskingTransport } from './asking-transport.js';
import { viewFleet, type FleetView } from './fleet-view.js';
import { listParts, type RequestPart } from './list-questions.js';

/** Within this time every node that is there answers how it is. */
const ROLL_CALL_MS = 500;
/** Beside the time that a node may take. */
const GRACE_MS = 500;
/** Nodes answer 50 a second, of all who ask: half of that is left to others. */
const QUESTIONS_A_SECOND = 25;
/** Asked at once, of a list. */
const AT_ONCE = 4;
/** Beyond it a list is not asked about any more: some two million addresses, or 2,000 stamps. */
const MOST_QUESTIONS = 2_000;
const MOST_EXCEPTIONS = 20;

export interface ConfirmingOptions {
  readonly asking: AskingTransport;
  /** Topic prefix. */
  readonly topic: string;
  readonly set: string;
  readonly kind: 'held' | 'gone';
  /** Of the fleet's protect list. Default false. */
  readonly isProtection?: boolean;
  /** So many nodes, or all. */
  readonly wanted: number | 'all';
  readonly waitMs: number;
  readonly signal?: Interruption;
}

/** What has become of a request at the nodes. */
export interface Confirmation {
  readonly kind: 'held' | 'gone';
  readonly isProtection?: boolean;
  readonly wanted: number | 'all';
  /** As many as were wanted have all of it. */
  readonly confirmed: boolean;
  /** Why nobody could be asked, or not to the end. */
  readonly trouble?: string;
  /** Whether the statuses say which nodes there are, or only the answers. */
  readonly knownBy: 'statuses' | 'answers';
  readonly addresses: number;
  /** Firewalls that are known to be there. */
  readonly known: number;
  readonly done: readonly string[];
  readonly undone: readonly UndoneNode[];
  /** Up by its status or by an earlier answer, and did not answer in time. */
  readonly missing: readonly string[];
  readonly down: FleetView['down'];
  /** Nodes without kernel sets: they do not count. */
  readonly remembering: readonly string[];
  /** Addresses that no node was asked about: the list is too long for it, or the time was over. */
  readonly unasked: number;
  /** From handing the first message over to the last answer that was wanted, or to the end of the waiting. */
  readonly tookMs: number;
}

export interface UndoneNode {
  readonly node: string;
  /** Addresses of which it is not so. */
  readonly lacks: number;
  /** Some of them, with the reason. */
  readonly exceptions: readonly ReplyException[];
  /** Two answers that differ came in its name. */
  readonly isDoubtful: boolean;
}

/** Asks the nodes whether they have done what was published. */
export class Confirming {
  readonly #options: ConfirmingOptions;
  readonly #names = new Set<string>();
  readonly #remembering = new Set<string>();
  readonly #undone = new Map<string, UndoneNode>();
  readonly #missing = new Set<string>();
  /** Parts that each has whole. */
  readonly #whole = new Map<string, number>();
  #isRollCalled = false;
  #parts = 0;
  #addresses = 0;
  #unasked = 0;
  #lastMs = 0;
  #trouble: string | undefined;
  /** More parts than one: each node has to be heard on every one. */
  #isList = false;

  constructor(options: ConfirmingOptions) {
    this.#options = options;
  }

  /** @param payloads what was sent: messages in the line form, each entry with its stamp */
  async confirm(payloads: readonly Uint8Array[]): Promise<Confirmation> {
    const { asking, waitMs, signal } = this.#options;
    const startedMs = asking.startedMs ?? performance.now();
    const rollCall = this.#callTheRoll();
    const parts = listParts(payloads);
    let endMs = performance.now() + waitMs;
    const underWay = new Set<Promise<void>>();
    for (let next = parts.next(), ahead; next.done !== true; next = ahead) {
      ahead = parts.next();
      if (ahead.done !== true) this.#isList = true;
      const part = next.value;
      this.#addresses += part.addresses.length;
      const isOver = this.#parts > 0 && performance.now() > endMs;
      if (isOver || this.#parts >= MOST_QUESTIONS || this.#trouble !== undefined) {
        this.#unasked += part.addresses.length;
        continue;
      }
      if (signal?.aborted === true) break;
      if (this.#parts >= AT_ONCE) {
        await pause(1_000 / QUESTIONS_A_SECOND);
        endMs += 1_000 / QUESTIONS_A_SECOND;
      }
      this.#parts += 1;
      const asked = this.#askUntil(part, endMs).finally(() => underWay.delete(asked));
      underWay.add(asked);
      if (underWay.size >= AT_ONCE) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    if (!this.#isEnough()) await rollCall;
    return this.#conclude(startedMs);
  }

  /** Who is there: brokers do not all show statuses, and not all nodes publish one. */
  async #callTheRoll(): Promise<void> {
    const { asking, topic, signal } = this.#options;
    await asking.ask(
      topic,
      { kind: 'status', addresses: [], waitMs: 0 },
      {
        timeoutMs: ROLL_CALL_MS,
        ...(signal ? { signal } : {}),
        isEnough: (answers) => {
          this.#meet(answers);
          return false;
        },
      },
    );
    this.#isRollCalled = true;
    asking.look();
  }

  async #askUntil(part: RequestPart, endMs: number): Promise<void> {
    const { asking, topic, kind, signal } = this.#options;
    const { origin, stampMs, addresses } = part;
    const answers = new Map<string, Answer>();
    for (;;) {
      const leftMs = Math.max(0, endMs - performance.now());
      const asked = await asking.ask(
        topic,
        {
          ...{ kind, addresses, stampMs, waitMs: Math.min(MOST_WAIT_MS, Math.ceil(leftMs)) },
          ...(origin === undefined ? {} : { origin }),
        },
        {
          timeoutMs: Math.min(MOST_WAIT_MS, leftMs) + GRACE_MS,
          ...(signal ? { signal } : {}),
          isEnough: (soFar) => this.#isAnswered(soFar, part),
        },
      );
      if (asked.kind !== 'asked') {
        this.#trouble ??= asked.detail;
        return;
      }
      for (const [node, answer] of asked.answers) answers.set(node, answer);
      if (endMs - performance.now() <= 0 || signal?.aborted === true) break;
      if (this.#isAnswered(answers, part) && !isOpen(answers, kind)) break;
    }
    this.#note(answers, part);
  }

  /** All that can be hoped for has come. */
  #isAnswered(answers: Answers, { addresses }: RequestPart): boolean {
    this.#meet(answers);
    const { asking, wanted, kind } = this.#options;
    const has = (node: string) => isDone(answers, node, kind, addresses.length);
    if (wanted !== 'all' && !this.#isList) {
      return [...answers.keys()].filter(has).length >= wanted;
    }
    const view = this.#view();
    // Who was silent on an earlier part of a list is not waited for again.
    const names = this.#expected(view).filter((node) => !this.#missing.has(node));
    const isKnown = !asking.isShowing && (view.up.length > 0 || this.#isRollCalled);
    return isKnown && names.length > 0 && names.every((node) => answers.has(node));
  }

  #note(answers: Answers, { addresses }: RequestPart): void {
    const { kind } = this.#options;
    for (const node of this.#expected(this.#view())) {
      const answer = answers.get(node);
      if (answer === undefined) {
        this.#missing.add(node);
        continue;
      }
      if (isDone(answers, node, kind, addresses.length)) {
        this.#whole.set(node, (this.#whole.get(node) ?? 0) + 1);
        this.#lastMs = Math.max(this.#lastMs, answer.atMs);
        continue;
      }
      const { reply, isDoubtful } = answer;
      if (reply.kind !== kind) continue;
      const before = this.#undone.get(node);
      this.#undone.set(node, {
        node,
        lacks: (before?.lacks ?? 0) + addresses.length - Math.min(reply.count, addresses.length),
        exceptions: [...(before?.exceptions ?? []), ...reply.exceptions].slice(0, MOST_EXCEPTIONS),
        isDoubtful: isDoubtful || before?.isDoubtful === true,
      });
    }
  }

  #conclude(startedMs: number): Confirmation {
    const { kind, wanted, isProtection = false } = this.#options;
    const view = this.#view();
    const confirmed = this.#isEnough();
    const sorted = (names: Iterable<string>) => [...names].sort();
    return {
      ...{ kind, wanted, confirmed, addresses: this.#addresses, unasked: this.#unasked },
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
      ...(isProtection ? { isProtection } : {}),
      knownBy: view.isShown ? 'statuses' : 'answers',
      known: this.#expected(view).length,
      done: sorted(this.#done()),
      undone: sorted(this.#undone.keys()).flatMap((node) => this.#undone.get(node) ?? []),
      // Who was not waited for is not missing.
      missing: confirmed ? [] : sorted(this.#missing).filter((node) => !this.#undone.has(node)),
      down: view.down,
      remembering: sorted(this.#remembering),
      tookMs: (confirmed ? this.#lastMs : performance.now()) - startedMs,
    };
  }

  #isEnough(): boolean {
    const { wanted } = this.#options;
    const done = this.#done().length;
    if (this.#unasked > 0 || this.#trouble !== undefined) return false;
    if (wanted !== 'all') return done >= wanted;
    return done > 0 && done === this.#expected(this.#view()).length;
  }

  #done(): string[] {
    return [...this.#whole].filter(([, parts]) => parts === this.#parts).map(([node]) => node);
  }

  #meet(answers: Answers): void {
    for (const [node, { reply }] of answers) {
      this.#names.add(node);
      if (reply.enforces === false) this.#remembering.add(node);
    }
  }

  /** Every node that is known to be there and to enforce. */
  #expected({ up }: FleetView): string[] {
    return [...new Set([...up, ...this.#names])].filter((node) => !this.#remembering.has(node));
  }

  #view(): FleetView {
    const { asking, topic, set } = this.#options;
    return viewFleet(asking.statuses, topic, set);
  }
}

function isDone(answers: Answers, node: string, kind: 'held' | 'gone', addresses: number): boolean {
  const answer = answers.get(node);
  if (answer === undefined || answer.isDoubtful || answer.reply.enforces === false) return false;
  return answer.reply.kind === kind && answer.reply.count === addresses;
}

/** Time may still change what was answered. */
function isOpen(answers: Answers, kind: 'held' | 'gone'): boolean {
  return [...answers.values()].some(
    ({ reply }) =>
      reply.kind === kind &&
      reply.enforces !== false &&
      reply.exceptions.some(({ state }) => state !== 'refused'),
  );
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
