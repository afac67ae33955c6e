import { CommandFault } from '../command-fault.js';
import { ExitCode } from '../exit-codes.js';
import { abortOf } from '../interruption.js';
import type { PublishIo } from '../publish-io.js';
import { openList, UnreadableList } from '../open-list.js';
import { fetchList, MOST_LIST_BYTES, shownUrl, type FetchDeps } from './fetch-list.js';
import type { SyncRequest } from './sync-request.js';
import type { SyncState, Validators } from './sync-state.js';

/** The text of a list; or that it is the one that was brought in step before. */
export type ListText =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'text'; readonly text: string; readonly validators?: Validators };

/** For people: the file's name, or the URL without its query. */
export function listName({ list }: Pick<SyncRequest, 'list'>): string {
  if ('url' in list) return shownUrl(list.url);
  return list.path === '-' ? 'standard input' : list.path;
}

/**
 * Reads or fetches the list.
 *
 * @param before the server is asked whether anything has changed since then
 * @throws UnreadableList
 * @throws CommandFault where it is interrupted
 */
export async function readListText(
  { list, publish }: Pick<SyncRequest, 'list' | 'publish'>,
  column: string | undefined,
  before: SyncState | undefined,
  io: Pick<PublishIo, 'stdin' | 'signal'>,
  deps: FetchDeps = {},
): Promise<ListText> {
  if (!('url' in list))
    return { kind: 'text', text: await unlessInterrupted(readFileText(list.path, io), io) };
  const { ipv4, ipv6 } = publish.minPrefixLength;
  const key = JSON.stringify([list.url, list.checksumUrl ?? '', column ?? '', ipv4, ipv6]);
  const validators = before?.validators?.key === key ? before.validators : undefined;
  const fetched = await fetchList(
    { ...list, ...(validators === undefined ? {} : { validators }) },
    { ...(io.signal === undefined ? {} : { signal: io.signal }), ...deps },
  );
  return fetched.kind === 'unchanged'
    ? fetched
    : { kind: 'text', text: fetched.text, validators: { key, ...fetched.validators } };
}

/** A FIFO or a terminal may never bring anything. */
function unlessInterrupted<Value>(
  reading: Promise<Value>,
  { signal }: Pick<PublishIo, 'signal'>,
): Promise<Value> {
  if (signal === undefined) return reading;
  const interruption = abortOf(signal).then((): never => {
    throw new CommandFault('interrupted', ExitCode.interrupted);
  });
  return Promise.race([reading, interruption]);
}

async function readFileText(path: string, io: Pick<PublishIo, 'stdin'>): Promise<string> {
  const { name, chunks } = openList(path, () => io.stdin);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += bytes.length;
    if (length > MOST_LIST_BYTES) {
      const most = (MOST_LIST_BYTES / 1024 / 1024).toString();
      throw new UnreadableList(`the list ${JSON.stringify(name)} is longer than ${most} MiB`);
    }
    pieces.push(bytes);
  }
  return Buffer.concat(pieces).toString('utf8');
}
