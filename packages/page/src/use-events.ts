import { useEffect, useState } from 'preact/hooks';
import type { FeedEvent } from './answers.js';

/** Events of addresses; what else happens shows in the status. */
const SHOWN = [
  ...['banned', 'would-ban', 'unbanned', 'would-unban', 'ended', 'held', 'would-keep'],
  ...['held-back', 'refused', 'rejected', 'failed', 'summary'],
];
/** Whereupon the status should be looked at again. */
const OTHERS = [
  ...['connected', 'disconnected', 'set-ready', 'set-missing', 'reconciled', 'repair', 'missed'],
];
const MOST = 100;
/** A burst of bans is drawn once. */
const GATHER_MS = 200;
const AGAIN_MS = 5_000;

export interface Feed {
  /** The youngest first. */
  readonly events: readonly FeedEvent[];
  readonly isConnected: boolean;
}

/** Follows what happens; the browser connects again by itself, and tells from where on. */
export function useEvents(happened: () => void): Feed {
  const [events, setEvents] = useState<readonly FeedEvent[]>([]);
  const [isConnected, setConnected] = useState(false);

  useEffect(() => {
    let source: EventSource | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    let gathered: FeedEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      timer = undefined;
      const youngest = gathered.reverse();
      gathered = [];
      setEvents((before) => mergeYoungest(youngest, before));
      happened();
    };
    const take = ({ data }: MessageEvent<string>) => {
      gathered.push(JSON.parse(data) as FeedEvent);
      if (gathered.length > MOST) gathered.shift();
      timer ??= setTimeout(draw, GATHER_MS);
    };
    const connect = () => {
      const opened = (source = new EventSource('/api/events?recent=50'));
      for (const name of SHOWN) opened.addEventListener(name, take);
      for (const name of OTHERS) opened.addEventListener(name, happened);
      opened.onopen = () => {
        setConnected(true);
        happened();
      };
      opened.onerror = () => {
        setConnected(false);
        // The browser gives up where something else answered than a stream.
        if (opened.readyState === EventSource.CLOSED) again = setTimeout(connect, AGAIN_MS);
      };
    };
    connect();
    return () => {
      clearTimeout(timer);
      clearTimeout(again);
      source?.close();
    };
  }, [happened]);

  return { events, isConnected };
}

/** A daemon that was started anew counts from one: its events are the youngest all the same. */
function mergeYoungest(
  youngest: readonly FeedEvent[],
  before: readonly FeedEvent[],
): readonly FeedEvent[] {
  const known = new Set(before.map(keyOf));
  return [...youngest.filter((event) => !known.has(keyOf(event))), ...before].slice(0, MOST);
}

export function keyOf({ id, time }: FeedEvent): string {
  return `${String(id)} ${time}`;
}
