import { createHash, timingSafeEqual } from 'node:crypto';
import type { Interruption } from '../interruption.js';
import { UnreadableList } from '../open-list.js';
import type { Validators } from './sync-state.js';

/** As much as a list of some four million addresses; a server that sends more is not believed. */
export const MOST_LIST_BYTES = 64 * 1024 * 1024;
const MOST_CHECKSUM_BYTES = 1024 * 1024;
const MOST_REDIRECTS = 5;
/** For everything together: a server that drips keeps nobody. */
const TIMEOUT_MS = 60_000;

export interface FetchDeps {
  /** Default: Node's own. */
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
  readonly mostBytes?: number;
  readonly signal?: Interruption;
}

export interface ListSource {
  readonly url: string;
  readonly checksumUrl?: string;
  /** Of the last time, to be asked whether anything has changed. */
  readonly validators?: Pick<Validators, 'etag' | 'lastModified'>;
}

export type FetchedList =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'changed';
      readonly text: string;
      readonly validators: Pick<Validators, 'etag' | 'lastModified'>;
    };

/**
 * Fetches a list over HTTPS.
 *
 * @throws UnreadableList with a sentence for people, which holds no query of the URL: it may be a key
 */
export async function fetchList(source: ListSource, deps: FetchDeps = {}): Promise<FetchedList> {
  const { mostBytes = MOST_LIST_BYTES, timeoutMs = TIMEOUT_MS, signal } = deps;
  const abort = new AbortController();
  const why = { text: `took longer than ${(timeoutMs / 1000).toString()} s` };
  const timer = setTimeout(() => {
    abort.abort();
  }, timeoutMs);
  const interrupt = () => {
    why.text = 'was interrupted';
    abort.abort();
  };
  signal?.addEventListener('abort', interrupt);
  if (signal?.aborted === true) interrupt();
  try {
    const request = { ...deps, abort: abort.signal, why };
    const response = await get(source.url, request, conditions(source.validators));
    if (response.status === 304) return { kind: 'unchanged' };
    const bytes = await readBody(response, source.url, mostBytes, request);
    if (source.checksumUrl !== undefined) await verify(bytes, source, request);
    const text = bytes.toString('utf8');
    if (isWebPage(response, text)) {
      throw refusal(source.url, 'answered with a web page and not with a list: is a login wanted?');
    }
    const [etag, lastModified] = ['etag', 'last-modified'].map((name) =>
      response.headers.get(name),
    );
    const validators = {
      ...(etag ? { etag } : {}),
      ...(lastModified ? { lastModified } : {}),
    };
    return { kind: 'changed', text, validators };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', interrupt);
  }
}

/** @returns why it cannot be fetched, or undefined */
export function urlFault(url: string): string | undefined {
  if (!URL.canParse(url)) return 'is no URL; write it out: https://lists.example.org/drop.txt';
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'https:')
    return 'has to start with https://, so that nobody on the way adds to it';
  return username + password === '' ? undefined : 'must not hold a user name or password';
}

interface Request extends FetchDeps {
  readonly abort: AbortSignal;
  /** What to say where it was aborted. */
  readonly why: { readonly text: string };
}

async function get(
  url: string,
  { fetch: fetchIt = fetch, abort, why }: Request,
  headers: Record<string, string> = {},
): Promise<Response> {
  let at = url;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    let response: Response;
    try {
      response = await fetchIt(at, { headers, redirect: 'manual', signal: abort });
    } catch (error) {
      throw refusal(at, abort.aborted ? why.text : describeFault(error), error);
    }
    const { status } = response;
    if (status === 200 || (status === 304 && 'if-none-match' in headers)) return response;
    if (status === 304 && 'if-modified-since' in headers) return response;
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(status) || location === null) {
      throw refusal(at, `answered with ${status.toString()} instead of the list`);
    }
    const next = URL.canParse(location, at) ? new URL(location, at).href : location;
    const fault = urlFault(next);
    if (fault !== undefined) throw refusal(at, `leads to a URL that ${fault}`);
    at = next;
  }
  throw refusal(url, `leads on more than ${MOST_REDIRECTS.toString()} times`);
}

function conditions(validators: ListSource['validators']): Record<string, string> {
  if (validators?.etag !== undefined) return { 'if-none-match': validators.etag };
  return validators?.lastModified === undefined
    ? {}
    : { 'if-modified-since': validators.lastModified };
}

async function readBody(
  response: Response,
  url: string,
  mostBytes: number,
  { abort, why }: Request,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of response.body ?? []) {
      length += (piece as Uint8Array).length;
      if (length > mostBytes) break;
      pieces.push(piece as Uint8Array);
    }
  } catch (error) {
    throw refusal(url, abort.aborted ? why.text : describeFault(error), error);
  }
  if (length <= mostBytes) return Buffer.concat(pieces);
  throw refusal(url, `is longer than ${(mostBytes / 1024 / 1024).toString()} MiB`);
}

/** Both are as the server has them now, or the list is none: half of it may be from before. */
async function verify(bytes: Buffer, { url, checksumUrl = '' }: ListSource, request: Request) {
  const response = await get(checksumUrl, request);
  const file = await readBody(response, checksumUrl, MOST_CHECKSUM_BYTES, request);
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  const expected = findChecksum(file.toString('latin1'), name);
  if (expected === undefined) {
    throw refusal(checksumUrl, 'holds no SHA-256 or SHA-512 checksum of the list');
  }
  const algorithm = expected.length === 64 ? 'sha256' : 'sha512';
  const actual = createHash(algorithm).update(bytes).digest();
  if (!timingSafeEqual(actual, Buffer.from(expected, 'hex'))) {
    throw refusal(url, 'is not what its checksum says: it may be changing just now');
  }
}

/** `e3b0c442…  drop.txt`, `SHA256 (drop.txt) = e3b0c442…`, or the digits alone. */
function findChecksum(text: string, name: string): string | undefined {
  const found = text.split('\n').flatMap((line) => {
    const [digits] = /\b[\da-f]{128}\b|\b[\da-f]{64}\b/i.exec(line) ?? [];
    return digits === undefined ? [] : [{ line, digits }];
  });
  const [only] = found;
  const named = found.find(({ line, digits }) =>
    line
      .replace(digits, ' ')
      .split(/[\s()*/=]+/)
      .includes(name),
  );
  return named?.digits ?? (found.length === 1 ? only?.digits : undefined);
}

function isWebPage(response: Response, text: string): boolean {
  const type = response.headers.get('content-type') ?? '';
  return /^text\/html\b/i.test(type) || /^[\s\ufeff]*</.test(text.slice(0, 1024));
}

function describeFault(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = [cause, error]
    .map((fault) => (fault instanceof Error && 'code' in fault ? String(fault.code) : ''))
    .find((text) => text !== '');
  if (code === undefined) return 'cannot be fetched';
  return CERTIFICATE_FAULTS.test(code)
    ? `has a certificate that is not to be trusted (${code}); a CA of your own is named in NODE_EXTRA_CA_CERTS`
    : `cannot be fetched (${code})`;
}

const CERTIFICATE_FAULTS = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

function refusal(url: string, what: string, cause?: unknown): UnreadableList {
  return new UnreadableList(`${shownUrl(url)} ${what}`, { cause });
}

/** Without its query. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return 'the URL';
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
