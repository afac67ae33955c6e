import type { Context, Hono } from 'hono';
import { SECURITY_HEADERS } from './security-headers.js';

/** What is named after its content never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_EACH_TIME = 'no-cache';

/** Serves the page for people: `/`, and the few files that it consists of, from memory. */
export function servePage(app: Hono): void {
  app.get('/', (context) => serve(context, 'index.html'));
  app.get('/page/:name', (context) => serve(context, context.req.param('name')));
}

async function serve(context: Context, name: string): Promise<Response> {
  // Most nodes are asked by programs only.
  const { assets } = await import('@vallum/page');
  const asset = assets.find((known) => known.name === name);
  if (asset === undefined) return context.notFound();
  const etag = `"${asset.hash}"`;
  const headers = {
    ...SECURITY_HEADERS,
    etag,
    'cache-control': asset.hashed ? FOR_EVER : ASK_EACH_TIME,
  };
  if (context.req.header('if-none-match') === etag) {
    return new Response(null, { status: 304, headers });
  }
  return new Response(asset.text, { headers: { ...headers, 'content-type': asset.type } });
}
