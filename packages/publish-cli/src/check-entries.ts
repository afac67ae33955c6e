import {
  entryToCommand,
  escapeForDisplay,
  parseAddress,
  type Command,
  type Entry,
  type ListLine,
} from '@vallum/core';
import type { PublishRequest } from './request.js';

/** A command and where its entry was written, for messages: `list.txt:17`. */
export interface PlacedCommand {
  readonly command: Command;
  readonly place: string;
}

export interface BadEntry {
  readonly place: string;
  /** Escaped and cut. */
  readonly input: string;
  /** What is wrong with it, safe to print. */
  readonly detail: string;
}

/** An entry that was read, or why it could not be. */
export type ReadEntry = { readonly place: string } & (
  | { readonly entry: Entry; readonly input?: undefined }
  | { readonly input: string; readonly detail: string }
);

/** What entries came to: each of them is in one of the three. */
export interface Checked {
  readonly commands: readonly PlacedCommand[];
  readonly bad: readonly BadEntry[];
  readonly duplicates: number;
}

/** The addresses of the command line. */
export function readArgumentAddresses(addresses: readonly string[]): ReadEntry[] {
  return addresses.map((text) => {
    const address = parseAddress(text);
    return address.ok
      ? { place: 'command line', entry: { address: address.value } }
      : { place: 'command line', input: escapeForDisplay(text), detail: address.detail };
  });
}

/** The lines of a list, under the name that messages shall give it. */
export function placeLines(lines: readonly ListLine[], name: string): ReadEntry[] {
  return lines.map((line) => {
    const place = `${name}:${line.line.toString()}`;
    return line.ok
      ? { place, entry: line.entry }
      : { place, input: line.rejection.input, detail: line.rejection.detail };
  });
}

/**
 * Completes entries with what the command line says of all, and makes commands of them. It remembers
 * what it has seen: whatever would come out the same is sent once.
 */
export function entryChecker(request: PublishRequest) {
  const seen = new Set<string>();
  return (entries: readonly ReadEntry[], nowUnix: number): Checked => {
    const commands: PlacedCommand[] = [];
    const bad: BadEntry[] = [];
    let duplicates = 0;
    for (const read of entries) {
      const { place } = read;
      if (read.input !== undefined) {
        bad.push({ place, input: read.input, detail: read.detail });
        continue;
      }
      const entry = complete(read.entry, request);
      const command = entryToCommand(entry, request.action, request.set, nowUnix);
      if (!command.ok) {
        // A ban that is over already: every vallumd would refuse it.
        bad.push({ place, input: entry.address.text, detail: command.detail });
        continue;
      }
      const key = meaning(entry);
      if (seen.has(key)) {
        duplicates += 1;
        continue;
      }
      seen.add(key);
      commands.push({ command: command.value, place });
    }
    return { commands, bad, duplicates };
  };
}

/** What an entry says of itself rules over what the command line says of all. */
function complete(entry: Entry, { terms, reason, origin }: PublishRequest): Entry {
  const hasTerms = entry.until !== undefined || entry.timeoutSeconds !== undefined;
  return {
    ...(hasTerms ? {} : terms),
    ...(reason === undefined ? {} : { reason }),
    ...(origin === undefined ? {} : { origin }),
    ...entry,
  };
}

/** From the entry, not from the command: the same timeout read a second later is no other ban. */
function meaning({ address, until, timeoutSeconds, origin, reason }: Entry): string {
  const extras = [until, timeoutSeconds, origin, reason];
  return extras.every((extra) => extra === undefined)
    ? address.text
    : `${address.text} ${JSON.stringify(extras)}`;
}
