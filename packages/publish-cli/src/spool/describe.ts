import { count } from '@vallum/options';
import type { Delivery } from './deliver.js';
import { LONGEST_UNHEARD_MS, unusableFolder } from './folder.js';
import type { Kept } from './keep.js';

const UNHEARD_HOURS = LONGEST_UNHEARD_MS / 3_600_000;

/** What became of what the broker did not take: `kept: 1 ban in /var/spool/vallum-pub…` */
export function describeKept(
  { entries, failure, dropped }: Kept,
  what: { readonly folder: string; readonly noun: string; readonly unheard: boolean },
): string[] {
  const { folder, noun, unheard } = what;
  const lines: string[] = [];
  if (entries > 0) {
    const then = unheard
      ? `, and sent again for ${UNHEARD_HOURS.toString()} h, in case a vallumd is on its way back`
      : ': the next call, or vallum-pub flush, delivers it';
    lines.push(`kept ${count(entries, noun)} in ${folder}${then}`);
  }
  if (dropped > 0) lines.push(describeDropped(dropped, folder));
  if (failure !== undefined) {
    lines.push(`not kept for later${entries > 0 ? ', the rest' : ''}: ${failure}`);
  }
  return lines;
}

/** What was dropped for its age. */
export function describeDropped(messages: number, folder: string): string {
  return (
    `dropped ${count(messages, 'message')} in ${folder}: too old ` +
    `(a week; where nobody listened, ${UNHEARD_HOURS.toString()} h)`
  );
}

/** Lines for people about a delivery; those that want a hand in `trouble`. */
export function describeDelivery(
  { delivered, unheard, refused, old, unusable }: Delivery,
  { folder, broker }: { readonly folder: string; readonly broker: string },
): { readonly done: string[]; readonly trouble: string[] } {
  const done: string[] = [];
  const trouble: string[] = [];
  if (delivered.entries > 0) {
    done.push(
      `delivered ${count(delivered.entries, 'entry')} of ${count(delivered.messages, 'message')} that ` +
        `waited in ${folder} (confirmed by ${broker})`,
    );
  }
  if (old > 0) trouble.push(describeDropped(old, folder));
  if (unusable.length > 0) {
    trouble.push(
      `set aside ${count(unusable.length, 'file')} that cannot be read as a message, in ` +
        `${unusableFolder(folder)}: look at them, and delete them`,
    );
  }
  if (unheard.messages > 0) {
    trouble.push(
      `nobody listens where ${count(unheard.messages, 'message')} go that wait in ${folder}: they stay ` +
        `there for now (vallum-pub spool names their topics)`,
    );
  }
  if (refused.messages > 0) {
    trouble.push(
      `${broker} refused ${count(refused.messages, 'message')} that wait in ${folder}, and stay there: ` +
        refused.detail,
    );
  }
  return { done, trouble };
}
