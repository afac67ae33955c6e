import { parseAddress } from '../address/parse.js';
import type { Request } from '../enforce/work.js';
import { VallumError } from '../words/errors.js';
import type { Command } from '../message/command.js';
import { checkEntry, entryToCommand } from '../message/entry.js';
import { escapeForDisplay } from '../words/escape.js';
import type { Binding } from '../message/topic.js';
import type { Report } from '../enforce/report.js';
import type { BanOptions } from './vallum-types.js';

interface RequestOptions extends Omit<BanOptions, 'set' | 'origin'> {
  readonly binding: Binding;
  readonly origin: string | undefined;
  readonly nowUnix: number;
}

/**
 * Reads what a call of `ban` or `unban` asks for: a request for each good address, a report for
 * each bad one.
 *
 * @throws VallumError `INVALID_ARGUMENT` for options that no address could save
 */
export function readRequests(
  action: Command['action'],
  addresses: string | readonly string[],
  { binding, origin, nowUnix, until, timeoutSeconds, reason }: RequestOptions,
): (Request | Report)[] {
  const fields = {
    ...(until === undefined ? {} : { until }),
    ...(timeoutSeconds === undefined ? {} : { timeout: timeoutSeconds }),
    ...(origin === undefined ? {} : { origin }),
    ...(reason === undefined ? {} : { reason }),
  };
  const texts = typeof addresses === 'string' ? [addresses] : addresses;
  return texts.map((text, index) => {
    const place = texts.length > 1 ? { place: `entry ${String(index + 1)}` } : {};
    const address = parseAddress(text);
    if (!address.ok) {
      return {
        outcome: 'rejected',
        via: 'local',
        ...place,
        code: 'bad-address',
        input: escapeForDisplay(text),
        detail: address.detail,
      };
    }
    const entry = checkEntry(address.value, fields);
    const command = entry.ok ? entryToCommand(entry.value, action, binding.set, nowUnix) : entry;
    if (!command.ok) {
      throw new VallumError(command.detail, { code: 'INVALID_ARGUMENT', operation: action });
    }
    return { command: command.value, via: 'local', ...place };
  });
}
