import type { Context, MiddlewareHandler } from 'hono';
import { connectHost, isLoopback } from '../listen-address.js';
import { SECURITY_HEADERS } from './security-headers.js';

export interface GuardOptions {
  /** What `--http` says. */
  readonly host: string;
  /** Whether a token is the right one; undefined: none is asked for. */
  readonly isToken: ((given: string) => boolean) | undefined;
}

const HEADERS = { ...SECURITY_HEADERS, 'cache-control': 'no-store' };

/** Stands in front of all that the port answers: who asks, by what name, and for what. */
export function guard(options: GuardOptions): MiddlewareHandler {
  return async (context, next) => {
    const refusal = refusalOf(context, options);
    if (refusal === undefined) await next();
    else context.res = refusal;
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!context.res.headers.has(name)) context.res.headers.set(name, value);
    }
  };
}

function refusalOf(context: Context, { host, isToken }: GuardOptions): Response | undefined {
  const { method } = context.req;
  if (method !== 'GET' && method !== 'HEAD') {
    context.header('allow', 'GET, HEAD');
    return context.json({ error: `${method} is not answered: nothing can be changed here` }, 405);
  }
  if (isLoopback(host) && !isOwnName(context.req.header('host') ?? '', host)) {
    // A page from elsewhere, whose name its owner lets point to 127.0.0.1 (DNS rebinding).
    return context.json({ error: 'this name is none of this machine' }, 421);
  }
  if (isToken === undefined) return undefined;
  const given = tokenOf(context.req.header('authorization'));
  if (given !== undefined && isToken(given)) return undefined;
  context.header('www-authenticate', 'Basic realm="vallumd", charset="UTF-8"');
  return context.json(
    { error: 'the token of --http-token-file is wanted, as Bearer or as the password of Basic' },
    401,
  );
}

function isOwnName(header: string, host: string): boolean {
  const name = header.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return isLoopback(name.toLowerCase()) || name === connectHost(host);
}

/** Of `Bearer TOKEN` (RFC 6750), or of `Basic` with any user name (RFC 7617). */
function tokenOf(header: string | undefined): string | undefined {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+) *$/.exec(header ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value;
    case 'basic': {
      const pair = Buffer.from(value, 'base64').toString('utf8');
      const colon = pair.indexOf(':');
      return colon < 0 ? undefined : pair.slice(colon + 1);
    }
    default:
      return undefined;
  }
}
