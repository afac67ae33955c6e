import { describe, expect, it } from '@jest/globals';
import { Hono } from 'hono';
import { servePage } from './serve-page.js';

function app() {
  const served = new Hono();
  servePage(served);
  return served;
}

/** What the page names, with a slash before it. */
async function named(): Promise<string[]> {
  const html = await (await app().request('/')).text();
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
}

describe('the page as it is served', () => {
  it('lets the browser take nothing from elsewhere, and run nothing that stands in it', async () => {
    const response = await app().request('/');
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    );
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await response.text();
    expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]* src=)/);
  });

  it('names what it consists of by its content, to be kept for ever', async () => {
    const paths = await named();
    expect(paths).toHaveLength(3);
    const types = [];
    for (const path of paths) {
      expect(path).toMatch(/^\/page\/\w+\.[0-9a-f]{16}\.(js|css|svg)$/);
      const response = await app().request(path);
      expect(response.headers.get('cache-control')).toContain('immutable');
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      types.push(response.headers.get('content-type'));
    }
    expect(types.sort()).toEqual([
      ...['image/svg+xml', 'text/css; charset=utf-8', 'text/javascript; charset=utf-8'],
    ]);
  });

  it('is not sent again to who has it', async () => {
    const first = await app().request('/');
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const etag = first.headers.get('etag') ?? '';
    const again = await app().request('/', { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const other = await app().request('/', { headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });

  it('has nothing else', async () => {
    for (const path of ['/page/', '/page/x.js', '/page/%2e%2e%2fpackage.json', '/index']) {
      expect([path, (await app().request(path)).status]).toEqual([path, 404]);
    }
  });

  it('carries the licences of what is in it', async () => {
    const script = (await named()).find((path) => path.endsWith('.js')) ?? '';
    const text = await (await app().request(script)).text();
    expect(text.match(/Permission is hereby granted/g)).toHaveLength(2);
  });
});
