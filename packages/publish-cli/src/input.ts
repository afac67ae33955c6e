import {
  entryChecker,
  placeLines,
  readArgumentAddresses,
  type BadEntry,
  type Checked,
  type PlacedCommand,
} from './check-entries.js';
import type { OpenList } from './open-list.js';
import { readList } from './read-list.js';
import type { PublishRequest } from './request.js';

export interface InputEvents {
  bad(entry: BadEntry): void;
  duplicates(count: number): void;
  /** How many commands there are so far, and how many there will be in all as far as one can guess. */
  read(commands: number, estimate: number): void;
}

/** Everything there is to send, checked, in the order of the command line and then of the list. */
export async function* readInput(
  request: PublishRequest,
  list: OpenList | undefined,
  nowUnix: () => number,
  events: InputEvents,
): AsyncGenerator<readonly PlacedCommand[], void> {
  const check = entryChecker(request);
  let commands = 0;
  let bytes = 0;
  const tell = (checked: Checked): readonly PlacedCommand[] => {
    for (const entry of checked.bad) events.bad(entry);
    if (checked.duplicates > 0) events.duplicates(checked.duplicates);
    commands += checked.commands.length;
    const share = list?.size === undefined || bytes === 0 ? 1 : Math.min(1, bytes / list.size);
    events.read(commands, Math.round(commands / share));
    return checked.commands;
  };

  yield tell(check(readArgumentAddresses(request.addresses), nowUnix()));
  if (list === undefined) return;
  const counted = (async function* () {
    for await (const chunk of list.chunks) {
      bytes += chunk.length;
      yield chunk;
    }
  })();
  for await (const lines of readList(counted)) {
    yield tell(check(placeLines(lines, list.name), nowUnix()));
  }
}
