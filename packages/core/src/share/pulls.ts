import type { RegisterColumns } from '../lease/register-columns.js';
import { escapeForDisplay } from '../words/escape.js';
import { wholeText } from './digest-text.js';
import { endingLeases } from './give-up.js';
import { inboxTopic } from './inbox-topic.js';
import type { Membership } from './membership.js';
import { Pull, type PullResult } from './pull.js';
import type { PullSide } from './pull-side.js';
import type { SyncMessage } from './sync-message.js';
import type { TopicShare } from './topic-share.js';

/** So many pulls in a row without an answer, and nobody can hear this node. */
const MOST_SILENCES = 3;

export interface PullsContext extends PullSide {
  readonly node: string;
  readonly random: () => number;
  readonly membership: Membership;
  readonly inform: (sentence: string) => void;
}

interface RunningPull {
  readonly topic: TopicShare;
  readonly pull: Pull;
  readonly digestBefore: string;
  /** Of a node that was away for long: what the other does not hold, ended. */
  readonly endings: RegisterColumns[];
}

/** What this node asks others for: one pull at a time. */
export class Pulls {
  readonly #context: PullsContext;
  #running: RunningPull | undefined;
  #silences = 0;
  #isClosed = false;

  constructor(context: PullsContext) {
    this.#context = context;
  }

  /** Which node is being compared with, on this topic or on any. */
  peer(topic?: TopicShare): string | undefined {
    const running = this.#running;
    return topic === undefined || running?.topic === topic ? running?.pull.peer : undefined;
  }

  /** @returns false where the message belongs to no pull that is under way */
  receive(message: SyncMessage): boolean {
    const pull = this.#running?.pull;
    if (pull?.id !== message.id) return false;
    if (pull.peer === message.from) pull.receive(message);
    return true;
  }

  /** @returns false where another is under way */
  begin(topic: TopicShare, peer: string): boolean {
    if (this.#running !== undefined) return false;
    const { ledger, clock, membership, send, accept, complainOf } = this.#context;
    const id = this.#throwId();
    const { set, topic: name } = topic;
    const endings: RegisterColumns[] = [];
    const pull = new Pull(peer, id, set, {
      ...{ ledger, clock, everything: membership.isFresh(name) },
      send: (body) => {
        send(peer, name, id, body);
      },
      accept: (columns, then) => {
        accept(topic, peer, columns, then);
      },
      complain: (kind, what) => {
        complainOf(peer, kind, what);
      },
      ...(membership.isReturning(name) && {
        surplus: (columns: RegisterColumns, indexes: readonly number[]) => {
          const ending = endingLeases(columns, indexes);
          if (ending !== undefined) endings.push(ending);
        },
      }),
      finished: (result) => {
        this.#finish(result);
      },
    });
    const digestBefore = wholeText(ledger.digest(set).whole);
    this.#isClosed = false;
    this.#running = { topic, pull, digestBefore, endings };
    pull.start();
    return true;
  }

  /** The connection is gone: what is under way is given up. */
  close(): void {
    this.#isClosed = true;
    this.#running?.pull.stop();
  }

  #finish(result: PullResult): void {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined || this.#isClosed) return;
    const { topic, pull, digestBefore, endings } = running;
    const { membership } = this.#context;
    const { outcome, whole, everything } = result;
    this.#tell(running, result);
    const isReturning = membership.isReturning(topic.topic);
    if (outcome === 'done' && whole && everything) membership.tookAll(topic.topic);
    if (outcome === 'done' && !isReturning) membership.compared(topic.topic);
    if (outcome !== 'done' || !isReturning || !whole) {
      topic.pulled(pull.peer, result, digestBefore);
      return;
    }
    this.#giveUp(topic, endings, () => {
      topic.pulled(pull.peer, result, digestBefore);
    });
  }

  #tell({ topic, pull }: RunningPull, { outcome, taken, given }: PullResult): void {
    const { node, inform, complain } = this.#context;
    const peer = escapeForDisplay(pull.peer);
    if (taken + given > 0) {
      inform(
        `repair of ${topic.topic}: took ${taken} from node ${peer} that this node lacked, and gave it ${given}`,
      );
    }
    this.#silences = outcome === 'silent' && taken + given === 0 ? this.#silences + 1 : 0;
    if (this.#silences !== MOST_SILENCES) return;
    complain(
      'silence',
      `other nodes do not answer this one, ${peer} the last of them: it may not write to ` +
        `${inboxTopic(peer)}, or they may not write to ${inboxTopic(node)}`,
    );
  }

  /** Ends what no other node holds: this one was away for so long that it may have been ended. */
  #giveUp(topic: TopicShare, endings: readonly RegisterColumns[], then: () => void): void {
    const { node, membership, accept, inform } = this.#context;
    const [first, ...others] = endings;
    if (first === undefined) {
      membership.compared(topic.topic);
      then();
      return;
    }
    inform(
      `repair of ${topic.topic}: gives up ${first.length} leases that no other node holds, since they may have been lifted while this one was away`,
    );
    accept(topic, node, first, () => {
      this.#giveUp(topic, others, then);
    });
  }

  #throwId(): string {
    const half = (): string =>
      Math.floor(this.#context.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return half() + half();
  }
}
