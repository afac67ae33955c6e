import { finding, type Finding } from '@vallum/doctor';
import type { ContactRecord } from '../contact/contact-record.js';
import { describeMissed } from '../contact/describe-missed.js';

export interface MissedQuestion {
  readonly node: string;
  /** What the running vallumd knows; undefined: it cannot be read. */
  readonly contact: Pick<ContactRecord, 'missed'> | undefined;
  readonly repair: boolean;
  /** The command that tells the running vallumd to compare. */
  readonly reconcile: string;
  readonly nowUnix: number;
}

/** What has been made up for is told as long as somebody may still want to know why. */
const TOLD_SECONDS = 86_400;

/** Whether messages were lost on their way to this node, and what follows from it. */
export function checkMissed(question: MissedQuestion): Finding[] {
  const { node, contact, repair, reconcile, nowUnix } = question;
  if (contact === undefined) {
    const message = 'whether it missed messages cannot be seen: vallumd tells it in its status';
    return [finding('unknown', 'missed', node, message, 'sudo vallumd doctor')];
  }
  const { missed } = contact;
  const open = missed.filter(
    ({ agreed, until }) => agreed === undefined || nowUnix - until < TOLD_SECONDS,
  );
  const last = open.at(-1);
  if (last) {
    const others = open.length - 1;
    const more = others === 0 ? '' : ` (and ${others.toString()} times before)`;
    const message = `${describeMissed(last, repair)}${more}`;
    return [finding('warning', 'missed', node, message, reconcile)];
  }
  const kept = repair
    ? 'the broker kept every session, and other nodes had nothing that had not come'
    : 'the broker kept every session (what its queue may have dropped only other nodes can know: --repair)';
  const made = missed.at(-1);
  return [finding('ok', 'missed', node, made ? describeMissed(made, repair) : kept)];
}
