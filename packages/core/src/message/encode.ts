import type { BanCommand, Command, UnbanCommand } from './command.js';
import { MAX_ENTRIES } from './payload.js';

/** How large a payload may become. */
export interface EncodeLimits {
  /** Largest payload, in bytes of UTF-8. Default 48 KiB, which every broker takes. */
  readonly maxBytes?: number;
  /** Most entries in one payload. Default and upper limit of the receivers: 65,536. */
  readonly maxEntries?: number;
}

const DEFAULT_MAX_BYTES = 48 * 1024;

/**
 * Writes a command in the line form; where it goes (`topicFor`) says whether it bans or unbans. A
 * command that says nothing but its address is the bare address, which the ancestor understands too:
 * it goes without its stamp, and who reads it gives it one.
 */
export function encodeEntry(command: Command): string {
  return command.address.text + encodeTerms(command);
}

/** What stands behind the address: ` until 1795420000 origin web1 at 1795416400000`, or nothing. */
export function encodeTerms(
  command: Omit<BanCommand, 'set' | 'address'> | Omit<UnbanCommand, 'set' | 'address'>,
): string {
  const { origin, stamp } = command;
  let until = '';
  let reason = '';
  if (command.action === 'ban') {
    if (command.until !== 'default') until = ` until ${String(command.until)}`;
    if (command.reason !== undefined) {
      reason = ` reason "${command.reason.replace(/["\\]/g, '\\$&')}"`;
    }
  }
  const from = origin === undefined ? '' : ` origin ${origin}`;
  const isBare = until === '' && from === '' && reason === '';
  const at = stamp === undefined || isBare ? '' : ` at ${String(roundStamp(stamp))}`;
  return until + from + at + reason;
}

/** Three digits behind the point are what the line form takes. */
function roundStamp(stamp: number): number {
  return Math.round(1000 * stamp) / 1000;
}

/**
 * Writes commands of one action and one set as few payloads, in order, one entry a line. An entry
 * is never divided: one that is larger than `maxBytes` by itself goes alone.
 */
export function encodeEntries(commands: Iterable<Command>, limits: EncodeLimits = {}): string[] {
  const { maxBytes = DEFAULT_MAX_BYTES, maxEntries = MAX_ENTRIES } = limits;
  const payloads: string[] = [];
  let lines: string[] = [];
  let bytes = 0;
  for (const command of commands) {
    const line = encodeEntry(command);
    const lineBytes = Buffer.byteLength(line) + 1;
    // The last line of a payload has no line feed.
    if (lines.length > 0 && (bytes + lineBytes - 1 > maxBytes || lines.length >= maxEntries)) {
      payloads.push(lines.join('\n'));
      lines = [];
      bytes = 0;
    }
    lines.push(line);
    bytes += lineBytes;
  }
  if (lines.length > 0) payloads.push(lines.join('\n'));
  return payloads;
}
