import { escapeForDisplay } from '../words/escape.js';
import { VallumError } from '../words/errors.js';
import type { SetName } from '../words/names.js';
import { Allowance } from './allowance.js';
import { Answers } from './answers.js';
import { encodeBeacon, MOST_BEACON_BYTES, parseBeacon, type Beacon } from './beacon.js';
import { Complaints } from './complaints.js';
import { NOTHING, wholeText } from './digest-text.js';
import { Echoes } from './echoes.js';
import { LastFew } from './last-few.js';
import { Membership } from './membership.js';
import { inboxTopic } from './inbox-topic.js';
import { Pulls } from './pulls.js';
import { RoundTrip } from './round-trip.js';
import type { Share, ShareOptions, ShareStatus } from './share-types.js';
import {
  encodeSync,
  MOST_SYNC_BYTES,
  parseSync,
  type OutgoingSync,
  type SyncMessage,
} from './sync-message.js';
import { saysNothing } from '../message/versioned-object.js';
import { isNodeName } from '../words/names.js';
import { Taking } from './taking.js';
import { TopicShare } from './topic-share.js';

/** Beacons of its own that a node knows again: those of all topics within some seconds. */
const MOST_OWN_BEACONS = 1_024;
/** How long others wait for `ShareOptions.first`: a node that is there speaks within three seconds. */
const FIRST_MS = 5_000;

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

class SharedLedger implements Share {
  readonly #options: ShareOptions;
  readonly #inbox: string;
  readonly #topics = new Map<string, TopicShare>();
  readonly #byBeaconTopic = new Map<string, TopicShare>();
  readonly #complaints: Complaints;
  readonly #taking: Taking;
  readonly #echoes: Echoes;
  readonly #roundTrip: RoundTrip;
  readonly #answers: Answers;
  readonly #beacons: Allowance;
  readonly #membership: Membership;
  readonly #pulls: Pulls;
  /** When those of this node were made that may still come back. */
  readonly #ownBeacons = new LastFew(MOST_OWN_BEACONS);
  #isConnected = false;
  #connectedAtMs = -Infinity;

  constructor(options: ShareOptions) {
    const { node, topics, clock } = options;
    if (!isNodeName(node)) {
      const detail =
        'a node name has 1 to 128 characters, none of them / + # or a control character';
      throw new VallumError(detail, { code: 'INVALID_ARGUMENT', operation: 'createShare' });
    }
    this.#options = options;
    this.#inbox = inboxTopic(node);
    this.#complaints = new Complaints(clock, options.warn);
    this.#taking = new Taking(options, this.#complaints);
    this.#echoes = new Echoes(clock, (topic, isHeard) => {
      options.echo?.(topic, isHeard);
    });
    this.#roundTrip = new RoundTrip({
      ...{ clock, random: options.random },
      say: (id) => {
        // Nobody else might ever write to this node, and it would not know that it could not hear.
        this.#echoes.sent(this.#inbox);
        this.#send(node, '', id, { kind: 'echo' });
      },
    });
    this.#beacons = new Allowance(clock, 500, 2_000);
    const prefixes = topics.map(({ topic }) => topic);
    this.#membership = new Membership(options, prefixes, (topic) => {
      const shared = this.#topics.get(topic);
      return shared !== undefined && digestText(options.ledger, shared) === NOTHING;
    });
    this.#answers = this.#makeAnswers();
    this.#pulls = this.#makePulls();
    for (const { topic, set } of topics) this.#addTopic(topic, set);
  }

  get subscriptions() {
    return [{ filter: this.#inbox, qos: 0, retainHandling: 2 }] as const;
  }

  get returning(): boolean {
    return this.#membership.returning;
  }

  concerns(topic: string): boolean {
    return topic === this.#inbox || this.#byBeaconTopic.has(topic);
  }

  receive(topic: string, payload: Uint8Array): boolean {
    const shared = this.#byBeaconTopic.get(topic);
    if (shared === undefined && topic !== this.#inbox) return false;
    if (!this.#isConnected) return true;
    if (shared === undefined) this.#receiveSync(payload);
    else this.#receiveBeacon(shared, payload);
    return true;
  }

  connected(): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#connectedAtMs = this.#options.clock.nowMs();
    this.#membership.connected();
    for (const topic of this.#topics.values()) topic.start();
    this.#roundTrip.start();
  }

  disconnected(): void {
    this.#isConnected = false;
    this.#membership.disconnected();
    this.#echoes.disconnected();
    this.#roundTrip.stop();
    for (const topic of this.#topics.values()) topic.stop();
    this.#pulls.close();
    this.#answers.close();
  }

  announce(): void {
    if (!this.#isConnected) return;
    for (const topic of this.#topics.values()) topic.start();
  }

  changed(set: SetName): void {
    if (!this.#isConnected) return;
    for (const topic of this.#topics.values())
      if (topic.set === set) topic.changed(this.#taking.isOn);
  }

  clockStepped(): void {
    const wasConnected = this.#isConnected;
    if (wasConnected) this.disconnected();
    for (const topic of this.#topics.values()) topic.forgetTimes();
    this.#membership.judgeAbsence();
    if (wasConnected) this.connected();
  }

  status(): ShareStatus[] {
    const { ledger } = this.#options;
    return [...this.#topics.values()].map((topic) => ({
      topic: topic.topic,
      set: topic.set,
      digest: digestText(ledger, topic),
      heard: this.isHeard(topic.topic),
      agreedAtUnix: topic.agreedAtMs === undefined ? undefined : topic.agreedAtMs / 1000,
      differing: topic.countDiffering(),
      pulling: this.#pulls.peer(topic),
      taken: topic.taken,
      given: topic.given,
    }));
  }

  get lagMs(): number | undefined {
    return this.#roundTrip.ms;
  }

  close(): void {
    this.disconnected();
  }

  isHeard(topic: string): boolean | undefined {
    if (!this.#topics.has(topic)) return undefined;
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
      isReturning: () => this.#membership.isReturning(topic),
      isFresh: () => this.#membership.isFresh(topic),
      sendBeacon: (beacon) => {
        const beaconTopic = `${topic}/sync`;
        this.#echoes.sent(beaconTopic);
        this.#ownBeacons.add(beacon.at);
        this.#options.send(beaconTopic, encodeBeacon(beacon));
      },
      pull: (peer): boolean => !this.#isHeldBack(topic) && this.#pulls.begin(shared, peer),
      agreed: () => {
        this.#membership.compared(topic);
      },
      complain: (kind, sentence) => {
        this.#complaints.say(kind, sentence);
      },
    });
    this.#topics.set(topic, shared);
    this.#byBeaconTopic.set(`${topic}/sync`, shared);
    return shared;
  }

  /** Whether another topic is to be compared before this one, and has not been. */
  #isHeldBack(topic: string): boolean {
    const { first, clock } = this.#options;
    if (first === undefined || topic === first) return false;
    const shared = this.#topics.get(first);
    const sinceMs = clock.nowMs() - this.#connectedAtMs;
    if (shared === undefined || sinceMs < 0 || sinceMs > FIRST_MS) return false;
    return !shared.isSettled;
  }

  #receiveBeacon(topic: TopicShare, payload: Uint8Array): void {
    if (!this.#beacons.take()) {
      this.#complaints.say('beacons', `more beacons come on ${topic.topic}/sync than nodes send`);
      return;
    }
    const beacon = parseBeacon(payload);
    if (!beacon.ok) {
      if (saysNothing(payload, MOST_BEACON_BYTES)) return;
      const { reason, detail } = beacon;
      this.#complaints.say(`beacon-${reason}`, `a beacon on ${topic.topic}/sync: ${detail}`);
      return;
    }
    if (beacon.value.node === this.#options.node) {
      this.#receiveOwn(topic, beacon.value);
      return;
    }
    this.#options.heard?.(beacon.value.node);
    // Who was away for as long knows no better.
    if (beacon.value.takes !== true) this.#membership.heardOthers();
    topic.hear(beacon.value);
  }

  /** What this node says comes back to it; what it has not said is said by another of its name. */
  #receiveOwn({ topic }: TopicShare, { at }: Beacon): void {
    if (this.#ownBeacons.has(at)) this.#echoes.received(`${topic}/sync`);
    else {
      this.#options.twin?.();
      const name = escapeForDisplay(this.#options.node);
      this.#complaints.say(
        'twin',
        `another node says that it is ${name}, too, and neither hears what the other lacks: give each ` +
          'node a name of its own',
      );
    }
  }

  #receiveSync(payload: Uint8Array): void {
    const read = parseSync(payload);
    if (!read.ok) {
      if (saysNothing(payload, MOST_SYNC_BYTES)) return;
      this.#complaints.say(`sync-${read.reason}`, `a message on ${this.#inbox}: ${read.detail}`);
      return;
    }
    const message = read.value;
    if (message.kind === 'echo') {
      if (message.from !== this.#options.node) return;
      this.#echoes.received(this.#inbox);
      this.#roundTrip.received(message.id);
      return;
    }
    this.#options.heard?.(message.from);
    if (this.#pulls.receive(message) || this.#answers.receive(message)) return;
    if (message.kind === 'compare') this.#answer(message);
    // What is left belongs to a pull that is over, or nobody has asked for it.
    else if (message.kind === 'piece' || message.kind === 'give') this.#late(message);
  }

  #late({ from }: SyncMessage): void {
    const who = escapeForDisplay(from);
    this.#complaints.say(
      'late',
      `node ${who} sends leases that this node has not asked for: they are passed over`,
    );
  }

  #answer(message: SyncMessage & { kind: 'compare' }): void {
    const { from } = message;
    const topic = this.#topics.get(message.topic);
    if (topic === undefined || from === this.#options.node) return;
    // Of two that ask each other, one goes first; who takes and does not give is not asked.
    const isOurTurn = this.#pulls.peer() === from && this.#options.node < from;
    this.#answers.begin(topic, message, isOurTurn || this.#membership.isReturning(topic.topic));
  }

  #makeAnswers(): Answers {
    return new Answers({
      ...this.#context(),
      isWhole: () => this.#membership.isWhole,
      accept: (topic, from, columns, then) => {
        this.#taking.take(topic.set, from, columns, () => {
          topic.taken += columns.length;
          topic.changed(true);
          then();
        });
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

  #makePulls(): Pulls {
    const { node, random } = this.#options;
    return new Pulls({
      ...this.#context(),
      ...{ node, random, membership: this.#membership },
      accept: (topic, from, columns, then) => {
        this.#taking.take(topic.set, from, columns, then);
      },
      inform: (sentence) => {
        this.#inform(sentence);
      },
    });
  }

  /** What both sides of pulls need. */
  #context() {
    const { ledger, clock } = this.#options;
    return {
      ...{ ledger, clock },
      send: (peer: string, topic: string, id: string, body: OutgoingSync) => {
        this.#send(peer, topic, id, body);
      },
      complain: (kind: string, sentence: string) => {
        this.#complaints.say(kind, sentence);
      },
      complainOf: (peer: string, kind: string, what: string) => {
        this.#complaints.sayOf(peer, kind, what);
      },
    };
  }

  #send(peer: string, topic: string, id: string, body: OutgoingSync): void {
    if (!this.#isConnected) return;
    const head = { from: this.#options.node, topic, id };
    this.#options.send(inboxTopic(peer), encodeSync(head, body));
  }

  #inform(sentence: string): void {
    this.#options.inform?.(sentence);
  }
}

function digestText(ledger: ShareOptions['ledger'], { set }: TopicShare): string {
  return wholeText(ledger.digest(set).whole);
}
