import type { Change } from '../backend.js';
import { storableComment } from '../storable-comment.js';

/** A change and its index in the call, which its verdict carries back. */
export interface NumberedChange {
  readonly index: number;
  readonly change: Change;
}

/** More would only hold more memory: a session's answers are collected before they are read. */
const MAX_SESSION_LENGTH = 10_000;

/**
 * Splits changes into sessions of `ipset -`, in order. In a session come first the deletions and the
 * additions of what is new only, for `-exist` stays in force from the first line that gives it to the
 * session's end, and would hide that an element was not there, or was. A message holds additions or
 * deletions: one session.
 */
export function splitIntoSessions(changes: readonly NumberedChange[]): NumberedChange[][] {
  const sessions: NumberedChange[][] = [];
  let session: NumberedChange[] = [];
  for (const numbered of changes) {
    const last = session.at(-1)?.change;
    const hidden = last !== undefined && saysExist(last) && !saysExist(numbered.change);
    if (session.length === 0 || hidden || session.length >= MAX_SESSION_LENGTH) {
      session = [];
      sessions.push(session);
    }
    session.push(numbered);
  }
  return sessions;
}

function saysExist(change: Change): boolean {
  return change.op === 'add' && change.onlyNew !== true;
}

/**
 * Writes a session for the standard input of `ipset -`, which carries on after an error and writes
 * each at once, but does not say to which line it belongs. So behind each change stands a line
 * that fails in the parser, without asking the kernel, and names the change:
 *
 *     del blacklist 192.0.2.1
 *     list -o x0
 *     add blacklist 192.0.2.7 timeout 600 -exist
 *     list -o x1
 *
 * Only checked text gets in: branded names, canonical addresses, whole numbers, and comments
 * without quotation marks and line breaks.
 */
export function composeSession(session: readonly NumberedChange[]): string {
  return session.map(({ index, change }) => `${line(change)}\nlist -o x${index}\n`).join('');
}

function line(change: Change): string {
  if (change.op === 'del') return `del ${change.set} ${change.address.text}`;
  const timeout = change.timeoutSeconds === undefined ? '' : ` timeout ${change.timeoutSeconds}`;
  const comment = change.comment === undefined ? undefined : storableComment(change.comment);
  const quoted = comment === undefined ? '' : ` comment "${comment}"`;
  return `add ${change.set} ${change.address.text}${timeout}${quoted}${saysExist(change) ? ' -exist' : ''}`;
}
