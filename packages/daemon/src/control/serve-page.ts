import type { Context, Hono } from 'hono';

/** Nothing but this node, and no exceptions: neither scripts nor styles stand in the page itself. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

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
    ...HEADERS,
    etag,
    'cache-control': asset.hashed ? FOR_EVER : ASK_EACH_TIME,
  };
  if (context.req.header('if-none-match') === etag) {
    return new Response(null, { status: 304, headers });
  }
  return new Response(asset.text, { headers: { ...headers, 'content-type': asset.type } });
}
