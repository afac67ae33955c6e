import { parseAddress } from '../address/parse.js';
import { parseOrigin, parseSetName } from '../words/names.js';
import type { LedgerRecord } from '../ledger/record.js';

/**
 * Reads one line of the journal, such as
 * `{"op":"ban","set":"blacklist","address":"192.0.2.7","origin":"web1","until":1795420000}`.
 *
 * @returns undefined for a line that is no record: cut off by a crash, or edited by hand
 */
export function decodeRecord(line: string): LedgerRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const set = parseSetName(textOf(fields['set']));
  const address = parseAddress(textOf(fields['address']));
  if (!set.ok || !address.ok) return undefined;
  const target = { set: set.value, address: address.value.text };
  switch (fields['op']) {
    case 'ban':
      return decodeBan(target, fields);
    case 'unban': {
      if (fields['origin'] === undefined) return { op: 'unban', ...target };
      const origin = parseOrigin(textOf(fields['origin']));
      return origin.ok ? { op: 'unban', ...target, origin: origin.value } : undefined;
    }
    case 'cleared':
      return { op: 'cleared', ...target };
    default:
      return undefined;
  }
}

/** '' is neither name nor address. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isUnix(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function decodeBan(
  target: Pick<LedgerRecord, 'set' | 'address'>,
  fields: Record<string, unknown>,
): LedgerRecord | undefined {
  const { origin = '', until, reason } = fields;
  if (until !== 'never' && until !== 'default' && !isUnix(until)) return undefined;
  const ban = {
    op: 'ban',
    ...target,
    until,
    ...(typeof reason === 'string' ? { reason } : {}),
  } as const;
  if (origin === '') return { ...ban, origin: '' };
  const name = parseOrigin(textOf(origin));
  return name.ok ? { ...ban, origin: name.value } : undefined;
}
