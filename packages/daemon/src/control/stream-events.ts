import { readCount } from './read-query.js';
import type { EventFeed, FeedEvent } from './event-feed.js';

/** What a watcher may lag behind before it loses some, which the numbers of events tell it. */
const MOST_WAITING = 1_000;
const ALIVE_EVERY_MS = 15_000;

/** Of every answer that is such a stream. */
export const EVENT_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };

/**
 * Server-sent events (WHATWG HTML, 9.2): each as it happens, its number as `id`, its kind as `event`, the
 * whole as JSON in `data`. `?recent=50` begins with the last ones, `Last-Event-ID` with what came since.
 *
 * @param ended called once whoever watches has gone
 */
export function streamEvents(
  feed: EventFeed,
  query: URLSearchParams,
  request: Request,
  ended: () => void,
): Response {
  const encoder = new TextEncoder();
  const since = Number(request.headers.get('last-event-id') ?? Number.NaN);
  // A number that this process has not come to is one of the process before it.
  const first = Number.isInteger(since)
    ? feed.since(since <= feed.lastId ? since : 0)
    : feed.recent(Math.min(readCount(query, 'recent') ?? 0, 500));
  const waiting: FeedEvent[] = first;
  let wake: (() => void) | undefined;
  const forget = feed.listen((event) => {
    if (waiting.length >= MOST_WAITING) waiting.shift();
    waiting.push(event);
    wake?.();
  });
  let isOver = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (waiting.length === 0) await aMoment((resolve) => (wake = resolve));
        if (isOver) return;
        const text = waiting.splice(0).map(toText).join('');
        // A comment, so that neither side takes the other for dead.
        controller.enqueue(encoder.encode(text === '' ? ':\n\n' : text));
      },
      cancel() {
        isOver = true;
        forget();
        ended();
        wake?.();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { headers: EVENT_HEADERS });
}

function toText(event: FeedEvent): string {
  return `id: ${event.id.toString()}\nevent: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Until something happens, or it is time for a sign of life. */
async function aMoment(arm: (resolve: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ALIVE_EVERY_MS);
    timer.unref();
    arm(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
