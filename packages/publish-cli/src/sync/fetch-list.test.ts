import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { fetchList, urlFault, type FetchDeps, type ListSource } from './fetch-list.js';

const LIST = '192.0.2.0/24 ; SBL1\n';
const URL = 'https://lists.example/drop.txt?key=secret';
const sha256 = createHash('sha256').update(LIST).digest('hex');

interface Asked {
  readonly url: string;
  readonly headers: Record<string, string>;
}

/** A server of these answers, by URL without its query. */
function server(answers: Record<string, () => Response | Promise<Response>>) {
  const asked: Asked[] = [];
  const fetchIt = ((url: string, init: RequestInit) => {
    asked.push({ url, headers: init.headers as Record<string, string> });
    const answer = answers[url.replace(/\?.*/, '')];
    const { signal } = init;
    return new Promise<Response>((resolve, reject) => {
      signal?.addEventListener('abort', () => {
        reject(new DOMException('aborted', 'AbortError'));
      });
      if (answer === undefined) reject(new TypeError('fetch failed'));
      else void Promise.resolve(answer()).then(resolve);
    });
  }) as typeof fetch;
  const get = (source: Partial<ListSource> = {}, deps: FetchDeps = {}) =>
    fetchList({ url: URL, ...source }, { fetch: fetchIt, ...deps });
  return { asked, get };
}

const list = (init?: ResponseInit) => () => new Response(LIST, init);
const at = 'https://lists.example/drop.txt';
const sums = 'https://lists.example/SHA256SUMS';
const moved = (location: string) => () =>
  new Response(null, { status: 302, headers: { location } });

describe('a list from the web', () => {
  it('comes with what the server calls its version', async () => {
    const headers = { etag: '"a1"', 'last-modified': 'Thu, 26 Nov 2026 07:00:00 GMT' };
    expect(await server({ [at]: list({ headers }) }).get()).toEqual({
      kind: 'changed',
      text: LIST,
      validators: { etag: '"a1"', lastModified: headers['last-modified'] },
    });
  });

  it('is asked for by its version, and does not come again where it is the same', async () => {
    const notModified = () => new Response(null, { status: 304 });
    const { asked, get } = server({ [at]: notModified });
    expect(await get({ validators: { etag: '"a1"', lastModified: 'x' } })).toEqual({
      kind: 'unchanged',
    });
    expect(await get({ validators: { lastModified: 'Thu' } })).toEqual({ kind: 'unchanged' });
    expect(asked.map(({ headers }) => headers)).toEqual([
      { 'if-none-match': '"a1"' },
      { 'if-modified-since': 'Thu' },
    ]);
    await expect(get()).rejects.toThrow('answered with 304');
  });

  it('is looked for where the server says, so long as that is HTTPS and comes to an end', async () => {
    const there = 'https://mirror.example/drop.txt';
    const { asked, get } = server({ [at]: moved(there), [there]: list() });
    expect(await get()).toMatchObject({ text: LIST });
    expect(asked.map(({ url }) => url)).toEqual([URL, there]);
    await expect(server({ [at]: moved('http://mirror.example/') }).get()).rejects.toThrow(
      'https://',
    );
    await expect(server({ [at]: moved('/drop.txt') }).get()).rejects.toThrow(
      'leads on more than 5',
    );
  });

  it.each([
    ['an error', () => new Response('no', { status: 503 }), 'answered with 503'],
    ['a web page by its type', list({ headers: { 'content-type': 'text/html' } }), 'web page'],
    ['a web page by its looks', () => new Response('\n <!doctype html>'), 'web page'],
  ])('is not taken where %s comes', async (_, answer, why) => {
    await expect(server({ [at]: answer }).get()).rejects.toThrow(why);
  });

  it('is not read beyond its limits of size and time', async () => {
    await expect(server({ [at]: list() }).get({}, { mostBytes: 10 })).rejects.toThrow(
      'longer than',
    );
    const silent = () => new Promise<Response>(() => undefined);
    await expect(server({ [at]: silent }).get({}, { timeoutMs: 50 })).rejects.toThrow('0.05 s');
  });

  it('has to be what its checksum says', async () => {
    const check = (text: string) =>
      server({ [at]: list(), [sums]: () => new Response(text) }).get({ checksumUrl: sums });
    for (const text of [
      sha256,
      `${sha256}  drop.txt\n`,
      `${'0'.repeat(64)}  other.txt\n${sha256} *./drop.txt\n`,
      `SHA256 (drop.txt) = ${sha256.toUpperCase()}`,
      createHash('sha512').update(LIST).digest('hex'),
    ]) {
      expect(await check(text)).toMatchObject({ text: LIST });
    }
    await expect(check('0'.repeat(64))).rejects.toThrow('not what its checksum says');
    await expect(check(`${sha256}  a\n${sha256}  b\n`)).rejects.toThrow('holds no SHA-256');
    await expect(check('<html>')).rejects.toThrow('holds no SHA-256');
  });

  it('is named in complaints without its query, in which a key may stand', async () => {
    const fault = await server({}).get().catch(String);
    expect(fault).toContain('https://lists.example/drop.txt cannot be fetched');
    expect(fault).not.toContain('secret');
  });

  it.each([
    ['http://lists.example/a', /https/],
    ['lists.example/a', /no URL/],
    ['https://me:pw@lists.example/', /password/],
    ['https://lists.example/a', undefined],
  ])('by %s is refused before anybody is asked', (url, why) => {
    if (why === undefined) expect(urlFault(url)).toBeUndefined();
    else expect(urlFault(url)).toMatch(why);
  });
});
