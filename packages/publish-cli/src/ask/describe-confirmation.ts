import { escapeForDisplay, type ReplyException } from '@vallum/core';
import { count, groupDigits } from '@vallum/options';
import type { Confirmation, UndoneNode } from './confirming.js';
import { listNames } from './fleet-view.js';

/** Named of a node's exceptions. */
const MOST_SHOWN = 3;

/** `banned on 5 of 5 firewalls in 3 ms` */
export function describeConfirmed(confirmation: Confirmation): string {
  const { wanted, knownBy } = confirmation;
  const asked =
    wanted === 'all' ? '' : ` (${wanted.toString()} ${wanted === 1 ? 'is' : 'are'} enough)`;
  const blind =
    wanted === 'all' && knownBy === 'answers'
      ? '; the broker does not show which others there are'
      : '';
  return `${headline(confirmation)} in ${milliseconds(confirmation.tookMs)}${asked}${blind}`;
}

/** Lines on who lacks it, and why. */
export function describeUnconfirmed(confirmation: Confirmation): string[] {
  const { done, undone, missing, trouble, down, remembering, unasked, wanted } = confirmation;
  if (trouble !== undefined && done.length + undone.length === 0) {
    return [`sent, but no firewall could be asked for it: ${escapeForDisplay(trouble, MOST_TEXT)}`];
  }
  if (done.length + undone.length + missing.length === 0) {
    return [
      remembering.length > 0
        ? 'sent, but no firewall with kernel sets has answered whether it is done'
        : 'sent, but no firewall has answered whether it is done: the broker has to let nodes read T/ask ' +
          'and write vallumd/reply/+, and older vallumds answer nobody',
      ...asideLines(down, remembering),
    ];
  }
  return [
    `${done.length === 0 ? '' : 'only '}${headline(confirmation)} within ${milliseconds(confirmation.tookMs)}` +
      (wanted === 'all' ? '' : ` (--confirm=${wanted.toString()})`),
    ...undone.flatMap((node) => describeUndone(node, confirmation)),
    ...(missing.length === 0 ? [] : [`no answer: ${listNames(missing, shown)}`]),
    ...asideLines(down, remembering),
    ...(trouble === undefined ? [] : [escapeForDisplay(trouble, MOST_TEXT)]),
    ...(unasked === 0
      ? []
      : [
          `nobody was asked about ${groupDigits(unasked)} of the addresses: the list was too long for it`,
        ]),
  ];
}

function headline(confirmation: Confirmation): string {
  const { addresses, done, known } = confirmation;
  const what = doneWord(confirmation);
  const many = addresses === 1 ? '' : `${groupDigits(addresses)} addresses `;
  return `${many}${what} on ${groupDigits(done.length)} of ${count(known, 'firewall')}`;
}

/** What nodes that have it have done. */
export function doneWord({
  kind,
  isProtection = false,
}: Pick<Confirmation, 'kind' | 'isProtection'>): string {
  if (isProtection) return kind === 'held' ? 'protected' : 'protected no more';
  return kind === 'held' ? 'banned' : 'lifted';
}

function describeUndone(
  { node, lacks, exceptions, isDoubtful }: UndoneNode,
  { kind, addresses, isProtection = false }: Confirmation,
): string[] {
  if (isDoubtful) return [`${shown(node)}: two answers that differ came in its name`];
  const lines = exceptions
    .slice(0, MOST_SHOWN)
    .map((one) => `${shown(node)}: ${sayWhy(one, kind, isProtection)}`);
  const more = lacks - lines.length;
  if (lines.length === 0) return [`${shown(node)}: not for ${groupDigits(lacks)} of them`];
  return more > 0 && addresses > 1
    ? [...lines, `${shown(node)}: and ${groupDigits(more)} more`]
    : lines;
}

function sayWhy(
  { address, state, code, detail }: ReplyException,
  kind: 'held' | 'gone',
  isProtection: boolean,
): string {
  const what = escapeForDisplay(address);
  const because = [code, detail]
    .filter((text) => text !== undefined)
    .map((text) => escapeForDisplay(text, MOST_TEXT))
    .join(': ');
  switch (state) {
    case 'refused':
      return `${kind === 'held' ? (isProtection ? 'does not protect' : 'does not ban') : 'keeps'} ${what}${because === '' ? '' : `: ${because}`}`;
    case 'pending':
      return `not yet for ${what}${because === '' ? '' : `: ${because}`}`;
    case 'unknown':
      return (
        `the request for ${what} has not reached it (or its clock is more than a minute behind the ` +
        'one here)'
      );
  }
}

export function asideLines(down: Confirmation['down'], remembering: readonly string[]): string[] {
  return [
    ...(down.length === 0
      ? []
      : [
          `not up, by their statuses: ${listNames(
            down.map(({ node }) => node),
            shown,
          )}`,
        ]),
    ...(remembering.length === 0
      ? []
      : [`without kernel sets, and so not counted: ${listNames(remembering, shown)}`]),
  ];
}

const MOST_TEXT = 300;

function shown(name: string): string {
  return escapeForDisplay(name, 128);
}

/** `3 ms`, `12.5 s` */
export function milliseconds(time: number): string {
  return time < 10_000
    ? `${groupDigits(Math.max(1, Math.round(time)))} ms`
    : `${(time / 1000).toFixed(1)} s`;
}
