import { parseAddress } from '../address/parse.js';
import type { Report } from '../enforce/report.js';
import type { Command } from '../message/command.js';
import { checkEntry, entryToCommand } from '../message/entry.js';
import type { Binding } from '../message/topic.js';
import { VallumError } from '../words/errors.js';
import { escapeForDisplay } from '../words/escape.js';
import type { BanOptions } from './vallum-types.js';

interface RequestOptions extends Omit<BanOptions, 'set' | 'origin' | 'signal'> {
  readonly binding: Binding;
  readonly origin: string | undefined;
  /** Unix milliseconds. */
  readonly stamp: number;
}

/** One address that was asked for, or why it is none; `place` counts from 1, 0: it was the only one. */
export type Asked = { readonly place: number } & (
  { readonly command: Command } | { readonly rejection: Report }
);

/**
 * Reads what a call of `ban` or `unban` asks for.
 *
 * @throws VallumError `INVALID_ARGUMENT` for options that no address could save
 */
export function readRequests(
  action: Command['action'],
  addresses: string | readonly string[],
  { binding, origin, stamp, until, timeoutSeconds, reason }: RequestOptions,
): Asked[] {
  const fields = {
    ...(until === undefined ? {} : { until }),
    ...(timeoutSeconds === undefined ? {} : { timeout: timeoutSeconds }),
    ...(origin === undefined ? {} : { origin }),
    ...(reason === undefined ? {} : { reason }),
  };
  const texts = typeof addresses === 'string' ? [addresses] : addresses;
  return texts.map((text, index) => {
    const place = texts.length > 1 ? index + 1 : 0;
    const address = parseAddress(text);
    if (!address.ok) {
      const rejection: Report = {
        outcome: 'rejected',
        via: 'local',
        ...(place === 0 ? {} : { place: `entry ${String(place)}` }),
        code: 'bad-address',
        input: escapeForDisplay(text),
        detail: address.detail,
      };
      return { place, rejection };
    }
    const entry = checkEntry(address.value, fields);
    const command = entry.ok
      ? entryToCommand(entry.value, action, binding.set, stamp / 1000)
      : entry;
    if (!command.ok) {
      throw new VallumError(command.detail, { code: 'INVALID_ARGUMENT', operation: action });
    }
    return { place, command: { ...command.value, stamp } };
  });
}
