import { REMEMBER_SECONDS } from '../lease/remember.js';
import { cutStamps } from '../lease/cut-stamps.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { escapeForDisplay } from '../words/escape.js';
import { VallumError } from '../words/errors.js';
import { messageOf } from '../words/message-of.js';
import type { SetName } from '../words/names.js';
import { Allowance } from './allowance.js';
import { Answers } from './answers.js';
import { encodeBeacon, parseBeacon } from './beacon.js';
import { Complaints } from './complaints.js';
import { wholeText } from './digest-text.js';
import { Echoes } from './echoes.js';
import { endingLeases } from './give-up.js';
import { Pull, type PullResult } from './pull.js';
import type { Share, ShareOptions, ShareStatus } from './share-types.js';
import { encodeSync, parseSync, type OutgoingSync, type SyncMessage } from './sync-message.js';
import { isNodeName } from './sync-words.js';
import { TopicShare } from './topic-share.js';

/** So many pulls in a row without an answer, and nobody can hear this node. */
const MOST_SILENCES = 3;
/** Without any other node for so long, a node takes what it has for all there is. */
const ALONE_MS = 600_000;
const TOUCH_MS = 60_000;

/**
 * Makes a node's ledger equal to those of all other nodes on the same topic prefixes, by beacons and
 * pulls ("Repair"). Pure of the world: time, randomness, sending and taking come in by `options`.
 *
 * How a node uses it: subscribe to `subscriptions` beside the bindings; hand every message to `receive`
 * first, and read it as entries only where that returns false; call `connected` once the broker has taken
 * the subscriptions and `disconnected` when the connection ends; call `changed(set)` after each batch
 * that the ledger has taken, and go on calling the pages' `takeDue` at `ledger.nextDueUnix`, which moves the
 * digests on. `accept` is where what others know comes in: merge, journal, plan, in this order.
 *
 * @throws VallumError `INVALID_ARGUMENT` for a node name that cannot be a level of a topic
 */
export function createShare(options: ShareOptions): Share {
  return new SharedLedger(options);
}

export function inboxTopic(node: string): string {
  return `vallumd/${node}/sync`;
}

interface RunningPull {
  readonly topic: TopicShare;
  readonly pull: Pull;
  readonly digestBefore: string;
  readonly endings: RegisterColumns[];
}

class SharedLedger implements Share {
  readonly #options: ShareOptions;
  readonly #inbox: string;
  readonly #topics = new Map<string, TopicShare>();
  readonly #byBeaconTopic = new Map<string, TopicShare>();
  readonly #complaints: Complaints;
  readonly #echoes: Echoes;
  readonly #answers: Answers;
  readonly #beacons: Allowance;
  #pull: RunningPull | undefined;
  #connectedAtMs: number | undefined;
  #heardOthers = false;
  #silences = 0;
  /** Of other nodes' registers, how many pieces are being taken. */
  #accepting = 0;
  /** Those whose leases have not been compared since this node was away for long. */
  readonly #returning = new Set<TopicShare>();
  #whole = false;
  /** When it was last among others, in this life or one before; Unix seconds. */
  #touchedUnix: number | undefined;
  #cancelTouch: (() => void) | undefined;

  constructor(options: ShareOptions) {
    const { node, topics, clock, lastTouchUnix } = options;
    if (!isNodeName(node)) {
      const detail =
        'a node name has 1 to 128 characters, none of them / + # or a control character';
      throw new VallumError(detail, { code: 'INVALID_ARGUMENT', operation: 'createShare' });
    }
    this.#options = options;
    this.#inbox = inboxTopic(node);
    this.#complaints = new Complaints(clock, options.warn);
    this.#echoes = new Echoes(clock, (topic, isHeard) => {
      options.echo?.(topic, isHeard);
    });
    this.#answers = this.#makeAnswers();
    this.#beacons = new Allowance(clock, 500, 2_000);
    this.#touchedUnix = lastTouchUnix;
    for (const { topic, set } of topics) this.#addTopic(topic, set);
    this.#judgeAbsence();
  }

  get subscriptions() {
    return [{ filter: this.#inbox, qos: 0, retainHandling: 2 }] as const;
  }

  get returning(): boolean {
    return this.#returning.size > 0;
  }

  receive(topic: string, payload: Uint8Array): boolean {
    const shared = this.#byBeaconTopic.get(topic);
    if (shared === undefined && topic !== this.#inbox) return false;
    if (this.#connectedAtMs === undefined) return true;
    if (shared === undefined) this.#receiveSync(payload);
    else this.#receiveBeacon(shared, payload);
    return true;
  }

  connected(): void {
    const { clock } = this.#options;
    if (this.#connectedAtMs !== undefined) return;
    this.#connectedAtMs = clock.nowMs();
    if (this.returning) {
      this.#inform(
        'this node was away for longer than withdrawals are remembered: it takes what the other nodes ' +
          'hold, and gives up what none of them does',
      );
    }
    for (const topic of this.#topics.values()) topic.start();
    // Nobody else might ever write to this node, and it would not know that it could not hear.
    this.#echoes.sent(this.#inbox);
    this.#send(this.#options.node, '', this.#throwId(), { kind: 'echo' });
    this.#touchLater();
  }

  disconnected(): void {
    this.#connectedAtMs = undefined;
    this.#cancelTouch?.();
    this.#echoes.disconnected();
    for (const topic of this.#topics.values()) topic.stop();
    this.#pull?.pull.stop();
    this.#answers.close();
  }

  announce(): void {
    if (this.#connectedAtMs === undefined) return;
    for (const topic of this.#topics.values()) topic.start();
  }

  changed(set: SetName): void {
    if (this.#connectedAtMs === undefined) return;
    for (const topic of this.#topics.values())
      if (topic.set === set) topic.changed(this.#accepting > 0);
  }

  clockStepped(): void {
    const wasConnected = this.#connectedAtMs !== undefined;
    if (wasConnected) this.disconnected();
    for (const topic of this.#topics.values()) topic.forgetTimes();
    this.#judgeAbsence();
    if (wasConnected) this.connected();
  }

  status(): ShareStatus[] {
    const { ledger, clock } = this.#options;
    return [...this.#topics.values()].map((topic) => ({
      topic: topic.topic,
      set: topic.set,
      digest: wholeText(ledger.digest(topic.set).whole),
      heard: this.#isHeard(topic),
      agreedAtUnix: topic.agreedAtMs === undefined ? undefined : topic.agreedAtMs / 1000,
      differing: topic.differing.count(clock.nowMs()),
      pulling: this.#pull?.topic === topic ? this.#pull.pull.peer : undefined,
      taken: topic.taken,
      given: topic.given,
    }));
  }

  close(): void {
    this.disconnected();
  }

  /**
   * Whether others may have forgotten by now what was lifted while this node was away. Judged again when
   * the clock is set: a machine without a clock of its own starts with the time at which it went down.
   */
  #judgeAbsence(): void {
    const { clock, rememberSeconds = REMEMBER_SECONDS } = this.#options;
    if (this.#touchedUnix === undefined) return;
    const isReturning = clock.nowMs() / 1000 - this.#touchedUnix > rememberSeconds;
    this.#whole = !isReturning;
    this.#returning.clear();
    if (!isReturning) return;
    for (const topic of this.#topics.values()) this.#returning.add(topic);
  }

  #isHeard({ topic }: TopicShare): boolean | undefined {
    const beacons = this.#echoes.isHeard(`${topic}/sync`);
    const inbox = this.#echoes.isHeard(this.#inbox);
    if (beacons === false || inbox === false) return false;
    return beacons === true && inbox === true ? true : undefined;
  }

  #addTopic(topic: string, set: SetName): TopicShare {
    const { node, clock, random, ledger, trickle } = this.#options;
    const shared: TopicShare = new TopicShare(topic, set, {
      ...{ node, clock, random, digest: ledger.digest(set) },
      ...(trickle === undefined ? {} : { trickle }),
      isReturning: () => this.#returning.has(shared),
      sendBeacon: (beacon) => {
        const beaconTopic = `${topic}/sync`;
        this.#echoes.sent(beaconTopic);
        this.#options.send(beaconTopic, encodeBeacon(beacon));
      },
      pull: (peer): boolean => this.#startPull(shared, peer),
      agreed: () => {
        this.#becomeWhole(shared);
      },
      complain: (kind, sentence) => {
        this.#complaints.say(kind, sentence);
      },
    });
    this.#topics.set(topic, shared);
    this.#byBeaconTopic.set(`${topic}/sync`, shared);
    return shared;
  }

  #receiveBeacon(topic: TopicShare, payload: Uint8Array): void {
    if (!this.#beacons.take()) {
      this.#complaints.say('beacons', `more beacons come on ${topic.topic}/sync than nodes send`);
      return;
    }
    const beacon = parseBeacon(payload);
    if (!beacon.ok) {
      const { reason, detail } = beacon;
      this.#complaints.say(`beacon-${reason}`, `a beacon on ${topic.topic}/sync: ${detail}`);
      return;
    }
    if (beacon.value.node === this.#options.node) {
      this.#echoes.received(`${topic.topic}/sync`);
      return;
    }
    // Who was away for as long knows no better.
    if (beacon.value.takes !== true) this.#heardOthers = true;
    topic.hear(beacon.value);
  }

  #receiveSync(payload: Uint8Array): void {
    const read = parseSync(payload);
    if (!read.ok) {
      this.#complaints.say(`sync-${read.reason}`, `a message on ${this.#inbox}: ${read.detail}`);
      return;
    }
    const message = read.value;
    if (message.kind === 'echo') {
      if (message.from === this.#options.node) this.#echoes.received(this.#inbox);
      return;
    }
    const running = this.#pull;
    if (running?.pull.id === message.id) {
      if (running.pull.peer === message.from) running.pull.receive(message);
      return;
    }
    if (this.#answers.receive(message)) return;
    if (message.kind === 'compare') this.#answer(message);
    // What is left belongs to a pull that is over, or nobody has asked for it.
    else if (message.kind === 'piece' || message.kind === 'give') this.#late(message);
  }

  #late({ from }: SyncMessage): void {
    const who = escapeForDisplay(from);
    this.#complaints.say('late', `node ${who} sends registers that nobody waits for: passed over`);
  }

  #answer(message: SyncMessage & { kind: 'compare' }): void {
    const { from } = message;
    const topic = this.#topics.get(message.topic);
    if (topic === undefined || from === this.#options.node) return;
    // Of two that ask each other, one goes first; who takes and does not give is not asked.
    const isOurTurn = this.#pull?.pull.peer === from && this.#options.node < from;
    this.#answers.begin(topic, message, isOurTurn || this.#returning.has(topic));
  }

  #makeAnswers(): Answers {
    const { ledger, clock } = this.#options;
    return new Answers({
      ...{ ledger, clock },
      isWhole: () => this.#whole,
      send: (peer, topic, id, body) => {
        this.#send(peer, topic, id, body);
      },
      accept: (topic, from, columns, then) => {
        this.#accept(topic.set, from, columns, () => {
          topic.taken += columns.length;
          topic.changed(true);
          then();
        });
      },
      complain: (kind, sentence) => {
        this.#complaints.say(kind, sentence);
      },
      complainOf: (peer, kind, what) => {
        this.#complainOf(peer, kind, what);
      },
      finished: (topic, peer, taken, given) => {
        topic.given += given;
        if (taken === 0) return;
        this.#inform(
          `${topic.topic}: took ${taken} from node ${escapeForDisplay(peer)}, which had asked`,
        );
      },
    });
  }

  #startPull(topic: TopicShare, peer: string): boolean {
    if (this.#pull !== undefined) return false;
    const { ledger, clock } = this.#options;
    const id = this.#throwId();
    const { set } = topic;
    const endings: RegisterColumns[] = [];
    const isReturning = this.#returning.has(topic);
    const pull = new Pull(peer, id, set, {
      ...{ ledger, clock },
      send: (body) => {
        this.#send(peer, topic.topic, id, body);
      },
      accept: (columns, then) => {
        this.#accept(set, peer, columns, then);
      },
      complain: (kind, what) => {
        this.#complainOf(peer, kind, what);
      },
      ...(isReturning && {
        surplus: (columns: RegisterColumns, indexes: readonly number[]) => {
          const ending = endingLeases(columns, indexes);
          if (ending !== undefined) endings.push(ending);
        },
      }),
      finished: (result) => {
        this.#finishPull(result);
      },
    });
    const digestBefore = wholeText(ledger.digest(set).whole);
    this.#pull = { topic, pull, digestBefore, endings };
    pull.start();
    return true;
  }

  #finishPull(result: PullResult): void {
    const running = this.#pull;
    this.#pull = undefined;
    if (running === undefined) return;
    const { topic, pull, digestBefore, endings } = running;
    if (this.#connectedAtMs === undefined) return;
    const { outcome, whole, taken, given } = result;
    const peer = escapeForDisplay(pull.peer);
    if (taken + given > 0) {
      this.#inform(`${topic.topic}: took ${taken} from node ${peer} and gave it ${given}`);
    }
    this.#silences = outcome === 'silent' && taken + given === 0 ? this.#silences + 1 : 0;
    if (this.#silences === MOST_SILENCES) {
      this.#complaints.say(
        'silence',
        `other nodes do not answer this one, ${peer} the last of them: it may not write to ` +
          `${inboxTopic(peer)}, or they may not write to ${this.#inbox}`,
      );
    }
    const isReturning = this.#returning.has(topic);
    if (outcome === 'done' && !isReturning) this.#becomeWhole(topic);
    if (outcome !== 'done' || !isReturning || !whole) {
      topic.pulled(pull.peer, result, digestBefore);
      return;
    }
    this.#giveUp(topic, endings, () => {
      topic.pulled(pull.peer, result, digestBefore);
    });
  }

  /** Ends what no other node holds: this one was away for so long that it may have been ended. */
  #giveUp(topic: TopicShare, endings: readonly RegisterColumns[], then: () => void): void {
    const [first, ...others] = endings;
    if (first === undefined) {
      this.#becomeWhole(topic);
      then();
      return;
    }
    this.#inform(`${topic.topic}: gives up ${first.length} leases that no other node holds`);
    this.#accept(topic.set, this.#options.node, first, () => {
      this.#giveUp(topic, others, then);
    });
  }

  #becomeWhole(topic: TopicShare): void {
    if (this.#returning.delete(topic)) {
      this.#inform(`${topic.topic}: this node holds what the others hold`);
    }
    if (this.#whole || this.returning) return;
    this.#whole = true;
    this.#touch();
  }

  #accept(set: SetName, from: string, columns: RegisterColumns, then: () => void): void {
    const { clock, accept } = this.#options;
    const cut = cutStamps(columns, 0, columns.length, clock.nowMs());
    if (cut > 0) this.#complainOf(from, 'stamps', `${cut} stamps more than a minute ahead, cut`);
    const finish = (): void => {
      this.#accepting -= 1;
      then();
    };
    const failed = (error: unknown): void => {
      this.#complaints.say(
        'accept',
        `what another node knows could not be taken: ${messageOf(error)}`,
      );
      finish();
    };
    this.#accepting += 1;
    let taking: void | Promise<void>;
    try {
      taking = accept(set, columns);
    } catch (error) {
      failed(error);
      return;
    }
    if (taking === undefined) finish();
    else taking.then(finish, failed);
  }

  #send(peer: string, topic: string, id: string, body: OutgoingSync): void {
    if (this.#connectedAtMs === undefined) return;
    const head = { from: this.#options.node, topic, id };
    this.#options.send(inboxTopic(peer), encodeSync(head, body));
  }

  #complainOf(peer: string, kind: string, what: string): void {
    this.#complaints.say(kind, `node ${escapeForDisplay(peer)} sends ${what}`);
  }

  #inform(sentence: string): void {
    this.#options.inform?.(sentence);
  }

  #throwId(): string {
    const half = (): string =>
      Math.floor(this.#options.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return half() + half();
  }

  #touchLater(): void {
    this.#cancelTouch?.();
    this.#cancelTouch = this.#options.clock.after(TOUCH_MS, () => {
      this.#touch();
      this.#touchLater();
    });
  }

  #touch(): void {
    const nowMs = this.#options.clock.nowMs();
    const forMs = this.#connectedAtMs === undefined ? 0 : nowMs - this.#connectedAtMs;
    if (!this.#whole && !this.#heardOthers && forMs > ALONE_MS) {
      if (this.returning) {
        this.#inform(
          'no other node was heard that was there meanwhile: this one keeps what it has',
        );
      }
      this.#whole = true;
      this.#returning.clear();
    }
    if (this.returning) return;
    this.#touchedUnix = Math.floor(nowMs / 1000);
    this.#options.touched?.(this.#touchedUnix);
  }
}
