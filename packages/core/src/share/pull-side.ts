import type { RegisterColumns } from '../lease/register-columns.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Clock } from '../system/clock.js';
import type { OutgoingSync } from './sync-message.js';
import type { TopicShare } from './topic-share.js';

/** What both sides of pulls need: who asks, and who answers. */
export interface PullSide {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly send: (peer: string, topic: string, id: string, body: OutgoingSync) => void;
  readonly accept: (
    topic: TopicShare,
    from: string,
    columns: RegisterColumns,
    then: () => void,
  ) => void;
  readonly complain: (kind: string, sentence: string) => void;
  readonly complainOf: (peer: string, kind: string, what: string) => void;
}
