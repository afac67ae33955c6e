import type { Failure, Result } from '@vallum/core';
import { quote, type LoadedOptions } from '@vallum/options';
import { toRequest } from '../parse-command-line.js';
import type { PublishRequest } from '../request.js';
import { createCsvReader } from './csv-lines.js';
import { urlFault } from './fetch-list.js';
import { readPlainLine, type LineReader } from './list-lines.js';
import type { syncOptions } from './sync-options.js';
import type { Origin } from '@vallum/core/protocol';

export type SyncOptions = LoadedOptions<typeof syncOptions>;

/** What the options ask for, checked; the list itself is not looked at. */
export interface SyncRequest {
  /** Of the messages; action, topic and end are left to whoever makes them. */
  readonly publish: PublishRequest;
  /** Topic prefix. */
  readonly topic: string;
  readonly origin: Origin;
  readonly list:
    { readonly path: string } | { readonly url: string; readonly checksumUrl?: string };
  readonly readLine: LineReader;
  readonly ttlSeconds: number;
  readonly stateFolder: string;
  readonly force: boolean;
}

/** @param feed where the options of a feed stand */
export function toSyncRequest(
  options: Pick<SyncOptions, 'values' | 'places' | 'positionals'>,
  nowMs: number,
  feed?: { readonly name: string; readonly path: string },
): Result<SyncRequest, string> {
  const { values, places, positionals } = options;
  const [word] = positionals;
  if (word !== undefined) {
    return bad(
      `sync takes its addresses from a list and not from the command line: ${quote(word)}`,
    );
  }
  const { file, url, 'checksum-url': checksumUrl, column } = values;
  if (file === undefined && url === undefined)
    return bad('say which list: --file LIST or --url URL');
  for (const [name, text] of Object.entries({ url, 'checksum-url': checksumUrl })) {
    const fault = text === undefined ? undefined : urlFault(text);
    if (fault !== undefined) return bad(`--${name} ${fault}`);
  }
  if (values.qos === '0') {
    return bad(
      'the broker confirms nothing at QoS 0, and sync could not know what was sent: --qos 1',
    );
  }
  const reader = column === undefined ? undefined : createCsvReader(column);
  if (reader?.ok === false) return reader;

  // That of vallum-pub.yaml is this host's: two lists in one name would withdraw each other's bans.
  const { origin: place } = places;
  const isOwn = place.source !== 'file' || place.path === feed?.path;
  const origin = isOwn ? (values.origin ?? feed?.name) : feed?.name;
  const asAdd = {
    ...values,
    file: '-',
    origin,
    timeout: undefined,
    since: undefined,
    until: undefined,
    // What is only kept is not yet in step: the next run says it again, and knows more by then.
    spool: false,
  };
  const request = toRequest(
    { values: { ...asAdd, url: values['broker-url'] }, positionals: ['add'] },
    nowMs,
  );
  if (!request.ok) return request;
  const { topic, origin: checked } = request.value;
  if (checked === undefined)
    return bad('say in whose name: --origin NAME, of its own for each list');
  return {
    ok: true,
    value: {
      publish: request.value,
      topic: topic.slice(0, topic.lastIndexOf('/')),
      origin: checked,
      list:
        url === undefined
          ? { path: file ?? '-' }
          : { url, ...(checksumUrl === undefined ? {} : { checksumUrl }) },
      readLine: reader?.value ?? readPlainLine,
      ttlSeconds: values.ttl,
      stateFolder: values['state-dir'],
      force: values.force,
    },
  };
}

function bad(detail: string): Failure<'bad-sync'> {
  return { ok: false, reason: 'bad-sync', detail };
}
