import type { VallumOptions, VallumStatus } from '@vallum/core';
import type { Contact } from './contact/contact.js';
import { ledgersOfSets } from './ledgers-of-sets.js';
import type { NodeObserver } from './service/observe-node.js';
import type { StatusPublisher } from './status/status-publisher.js';

type Listeners = NonNullable<VallumOptions['listeners']>;

export interface EventTargets {
  /** Tells the log. */
  readonly log: Listeners;
  readonly status: Pick<StatusPublisher, 'changed' | 'counted' | 'connected'> | undefined;
  /** Notes what was missed. */
  readonly contact: Pick<Contact, 'connection' | 'received' | 'ledgers'>;
  readonly observer: NodeObserver | undefined;
  /** A set is another one now: its rules may be too. */
  readonly setChanged: () => void;
  /** undefined: before the node has started. */
  readonly read: () => VallumStatus | undefined;
}

/** Passes each event of the node on to all whom it concerns. */
export function deliverEvents({
  log,
  status,
  contact,
  observer,
  setChanged,
  read,
}: EventTargets): Listeners {
  const show = () => {
    const now = read();
    if (now) observer?.status(now);
  };
  /** Agreement with other nodes is no event: it is seen at each look at the sets. */
  const compareAndShow = () => {
    contact.ledgers(ledgersOfSets(read()?.ledgers ?? []));
    show();
  };
  return {
    ...log,
    report(report) {
      log.report?.(report);
      status?.counted();
    },
    summary(summary) {
      log.summary?.(summary);
      status?.counted();
    },
    set(state) {
      log.set?.(state);
      status?.changed();
      setChanged();
    },
    notice(sentence) {
      log.notice?.(sentence);
      compareAndShow();
    },
    received(topic) {
      contact.received(topic);
    },
    books() {
      status?.changed();
      compareAndShow();
    },
    checked() {
      // Addresses and rules come and go without a word.
      status?.changed();
      compareAndShow();
    },
    worked() {
      observer?.worked();
    },
    connection(state) {
      log.connection?.(state);
      contact.connection(state);
      show();
      // After the others have seen the new state, which `status()` tells.
      if (state.state === 'connected') queueMicrotask(() => status?.connected());
    },
  };
}
