import { VallumError } from '@vallum/core';
import { Hono, type Context } from 'hono';
import { countTop } from './count-top.js';
import { gatherFleet } from './fleet-row.js';
import type { HistoryReport } from './history.js';
import type { NodeView } from './node-view.js';
import { servePage } from './serve-page.js';
import { BadQuery, PAGE, readCount, readLeasesQuery } from './read-query.js';
import { streamEvents } from './stream-events.js';
import { streamLines } from './stream-lines.js';

export interface RouterOptions {
  /** Whether whoever asks may also have the node do something. */
  readonly mayAct: boolean;
}

/** What the control socket and the port answer: one router for both. */
export function createRouter(view: NodeView, { mayAct }: RouterOptions): Hono {
  const app = new Hono();
  app.get('/api/status', (context) => context.json(view.report()));
  app.get('/api/alive', (context) => context.json({ alive: true }));
  app.get('/api/leases', (context) => leases(context, view));
  app.get('/api/why', (context) => why(context, view));
  app.get('/api/top', (context) => top(context, view));
  app.get('/api/fleet', async (context) => {
    const digests = new Map(view.report().ledgers.map(({ set, digest }) => [String(set), digest]));
    const fleet = await gatherFleet(view.vallum, view.sets(), (set) => digests.get(set));
    return context.json({ nodes: fleet });
  });
  app.get('/api/history', (context) => context.json(history(context, view)));
  servePage(app);
  app.get('/api/events', (context) => streamEvents(view.feed, queryOf(context), context.req.raw));
  if (mayAct) {
    app.post('/api/reconcile', async (context) => {
      await view.reconcile();
      return context.json(view.report());
    });
  }
  app.notFound((context) =>
    context.json({ error: `there is nothing at ${context.req.path}` }, 404),
  );
  app.onError((error, context) => {
    if (error instanceof BadQuery) return context.json({ error: error.message }, 400);
    if (!(error instanceof VallumError)) throw error;
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
    return new Response(streamLines(found), {
      headers: { 'content-type': 'application/x-ndjson' },
    });
  }
  const pageSize = limit ?? PAGE;
  const page = [];
  // One more than is shown tells whether there is more.
  for await (const lease of all(view, sets, { ...wanted, limit: pageSize + 1 })) page.push(lease);
  return context.json({ leases: page.slice(0, pageSize), more: page.length > pageSize });
}

async function* all(
  view: NodeView,
  sets: readonly string[],
  options: Parameters<NodeView['vallum']['leases']>[1] & { limit?: number },
) {
  let left = options.limit ?? Infinity;
  for (const set of sets) {
    const limit = left === Infinity ? {} : { limit: left };
    for await (const lease of view.vallum.leases(set, { ...options, ...limit })) {
      left -= 1;
      yield lease;
    }
    if (left <= 0) return;
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
  const found = all(view, setsOf(query, view), {});
  const rows = await countTop(found, by, Math.min(readCount(query, 'limit') ?? 10, 1_000));
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
