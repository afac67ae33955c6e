import { VallumError } from '@vallum/core';
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { countTop } from './count-top.js';
import { healthOf } from './health.js';
import type { HistoryReport } from './history.js';
import { mergeLeases } from './merge-leases.js';
import type { Exposition } from './metrics/node-metrics.js';
import type { NodeView } from './node-view.js';
import { OPENAPI } from './openapi.js';
import { BadQuery, LONGEST_PAGE, PAGE, readCount, readLeasesQuery } from './read-query.js';
import { servePage } from './serve-page.js';
import { EVENT_HEADERS, streamEvents } from './stream-events.js';
import { streamLines } from './stream-lines.js';

export interface RouterOptions {
  /** Whether whoever asks may also have the node do something. */
  readonly mayAct: boolean;
  /** Stands in front of all. Default: nothing does. */
  readonly guard?: MiddlewareHandler | undefined;
  /** What Prometheus reads; undefined: nothing is counted. */
  readonly metrics?: (() => Promise<Exposition>) | undefined;
  /** How many may watch at a time. Default: as many as like to. */
  readonly mostStreams?: number;
}

/** Of top: what is asked for beyond is refused. */
const MOST_ROWS = 1_000;

/** What the control socket and the port answer: one router for both. */
export function createRouter(view: NodeView, options: RouterOptions): Hono {
  const { mayAct, metrics, mostStreams = Infinity } = options;
  const app = new Hono();
  if (options.guard !== undefined) app.use(options.guard);
  for (const [path, question] of [
    ['/healthz', 'alive'],
    ['/readyz', 'ready'],
  ] as const) {
    app.get(path, (context) => {
      const health = healthOf(view.report(), question);
      return context.json(health, health.status === 'ok' ? 200 : 503);
    });
  }
  if (metrics !== undefined) {
    app.get('/metrics', async (context) => {
      const { type, text } = await metrics();
      return context.body(text, 200, { 'content-type': type });
    });
  }
  app.get('/api/openapi.json', (context) => context.json(OPENAPI));
  app.get('/api/status', async (context) => context.json(await view.freshReport()));
  app.get('/api/alive', (context) => context.json({ alive: true }));
  app.get('/api/leases', (context) => leases(context, view));
  app.get('/api/why', (context) => why(context, view));
  app.get('/api/top', (context) => top(context, view));
  app.get('/api/fleet', async (context) => context.json(await view.fleet()));
  let streams = 0;
  app.get('/api/events', (context) => {
    if (streams >= mostStreams) {
      const most = mostStreams.toString();
      return context.json({ error: `${most} watch already, and more cannot` }, 503);
    }
    // Hono makes a GET of it and throws the body away without a word: its stream would never end.
    if (context.req.method === 'HEAD') return context.body(null, 200, EVENT_HEADERS);
    const response = streamEvents(view.feed, queryOf(context), context.req.raw, () => {
      streams -= 1;
    });
    streams += 1;
    return response;
  });
  app.get('/api/history', (context) => context.json(history(context, view)));
  servePage(app);
  if (mayAct) {
    app.post('/api/reconcile', async (context) => context.json(await view.reconcile()));
  }
  app.notFound((context) =>
    context.json({ error: `there is nothing at ${context.req.path}` }, 404),
  );
  app.onError((error, context) => {
    if (error instanceof BadQuery) return context.json({ error: error.message }, 400);
    if (!(error instanceof VallumError)) {
      return context.json({ error: `this is a fault of vallumd: ${error.message}` }, 500);
    }
    const isAsked = error.code === 'INVALID_ARGUMENT';
    return context.json({ error: error.message, code: error.code }, isAsked ? 400 : 503);
  });
  return app;
}

/** A page as JSON, or with `format=jsonl` all of it as a line a lease. */
async function leases(context: Context, view: NodeView): Promise<Response> {
  const query = queryOf(context);
  const wanted = readLeasesQuery(query);
  const limit = readCount(query, 'limit');
  const sets = setsOf(query, view);
  if (query.get('format') === 'jsonl') {
    const found = all(view, sets, { ...wanted, ...(limit === undefined ? {} : { limit }) });
    // The first tells whether it can be answered at all, while that can still be said.
    return new Response(streamLines(await begin(found)), {
      headers: { 'content-type': 'application/x-ndjson' },
    });
  }
  const pageSize = limit ?? PAGE;
  if (pageSize > LONGEST_PAGE) {
    const longest = LONGEST_PAGE.toString();
    throw new BadQuery(`a page has ${longest} leases at most; format=jsonl streams them all`);
  }
  const page = [];
  // One more than is shown tells whether there is more.
  for await (const lease of all(view, sets, { ...wanted, limit: pageSize + 1 })) page.push(lease);
  return context.json({ leases: page.slice(0, pageSize), more: page.length > pageSize });
}

async function begin<Item>(items: AsyncGenerator<Item>): Promise<AsyncIterable<Item>> {
  const first = await items.next();
  return (async function* () {
    if (first.done === true) return;
    yield first.value;
    yield* items;
  })();
}

async function* all(
  view: NodeView,
  sets: readonly string[],
  options: Parameters<NodeView['vallum']['leases']>[1] & { limit?: number },
) {
  const { offset = 0, limit = Infinity, ...rest } = options;
  if (limit === 0) return;
  const found = mergeLeases(sets, rest.sort, (set) => view.vallum.leases(set, rest));
  // What a page passes over may lie in several sets.
  let number = 0;
  for await (const lease of found) {
    number += 1;
    if (number > offset) yield lease;
    if (number >= offset + limit) return;
  }
}

async function why(context: Context, view: NodeView): Promise<Response> {
  const address = queryOf(context).get('address');
  if (address === null) throw new BadQuery('no address is given: ?address=203.0.113.7');
  const set = queryOf(context).get('set');
  return context.json(await view.vallum.explain(address, set === null ? {} : { set }));
}

async function top(context: Context, view: NodeView): Promise<Response> {
  const query = queryOf(context);
  const by = query.get('by') ?? 'origin';
  if (by !== 'origin' && by !== 'network') {
    throw new BadQuery(`by is ${JSON.stringify(by)}; it is origin or network`);
  }
  const limit = readCount(query, 'limit') ?? 10;
  if (limit < 1 || limit > MOST_ROWS) {
    throw new BadQuery(`limit is ${limit.toString()}; it is 1 to ${MOST_ROWS.toString()}`);
  }
  const rows = await countTop(all(view, setsOf(query, view), {}), by, limit);
  return context.json({ by, rows });
}

function history(context: Context, view: NodeView): HistoryReport {
  const query = queryOf(context);
  return view.history.read(readCount(query, 'seconds') ?? 3_600, readCount(query, 'step') ?? 60);
}

function setsOf(query: URLSearchParams, view: NodeView): readonly string[] {
  const set = query.get('set');
  return set === null ? view.sets() : [set];
}

function queryOf(context: Context): URLSearchParams {
  return new URL(context.req.url).searchParams;
}
