import type { Transport } from '@vallum/core';
import { count } from '@vallum/options';
import { closeSoon } from '../close-soon.js';
import { pace } from '../pace.js';
import type { PublishIo } from '../publish-io.js';
import { createProgress } from '../progress.js';
import type { Report } from '../report.js';
import { send, type SendOutcome } from '../send.js';
import { Tally } from '../tally.js';
import type { Changes, ConfirmedHandler } from './bring-in-step.js';
import { planChanges, type ChangeMessage } from './plan-changes.js';
import type { SyncRequest } from './sync-request.js';

export interface SentChanges {
  readonly outcome: SendOutcome<ChangeMessage>;
  readonly tally: Tally;
}

/** Sends the changes at the pace of a list; only what the broker has somebody for counts as confirmed. */
export async function sendChanges(
  changes: Changes,
  request: SyncRequest,
  transport: Transport,
  confirmed: ConfirmedHandler,
  { io, report }: { readonly io: PublishIo; readonly report: Report },
): Promise<SentChanges> {
  const { publish } = request;
  const tally = new Tally(report.complain);
  const progress = createProgress(io.stderr, !publish.quiet);
  const total = changes.bans.length + changes.withdrawals.length;
  progress.read(total, total);
  const paced = pace(planChanges(changes, request), {
    entriesPerSecond: publish.entriesPerSecond,
    isGentle: true,
  });
  const options = {
    waitMs: publish.waitSeconds * 1000,
    ...(io.signal ? { signal: io.signal } : {}),
    onTrouble: (detail: string) => {
      report.note(detail);
    },
  };
  try {
    const outcome = await send(transport, paced, options, (message: ChangeMessage, caveat) => {
      tally.sent(message, caveat);
      progress.confirmed(message.entries);
      if (caveat === undefined) confirmed(message.action, message.addresses);
      report.note(`${message.topic}: ${count(message.entries, 'entry')}: ${caveat ?? 'confirmed'}`);
    });
    return { outcome, tally };
  } finally {
    progress.stop();
    await closeSoon(transport);
  }
}
