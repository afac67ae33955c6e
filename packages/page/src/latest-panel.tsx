import { useEffect, useRef, useState } from 'preact/hooks';
import type { FeedEvent } from './answers.js';
import { AddressLink, Foreign } from './foreign.js';
import { Panel, Table } from './panel.js';
import { keyOf } from './use-events.js';
import { clock, counted } from './words.js';

const KINDS = {
  everything: undefined,
  bans: ['banned', 'would-ban'],
  unbans: ['unbanned', 'would-unban', 'ended'],
  refusals: ['refused', 'rejected', 'failed'],
} as const;
type Kind = keyof typeof KINDS;

const ROWS = 12;

export interface LatestProps {
  readonly events: readonly FeedEvent[];
  /** By the clock of vallumd, Unix seconds; undefined: not known yet. */
  readonly daemonNow: number | undefined;
}

/** The latest, as they happen; it can be held, so that a person can read. */
export function LatestPanel({ events, daemonNow }: LatestProps) {
  const [kind, setKind] = useState<Kind>('everything');
  const [held, setHeld] = useState<readonly FeedEvent[]>();
  const wanted: readonly string[] | undefined = KINDS[kind];
  const shown = (held ?? events)
    .filter(({ event }) => wanted === undefined || wanted.includes(event))
    .slice(0, ROWS);
  return (
    <Panel
      id="latest"
      title="The latest"
      wide
      controls={
        <div class="choices">
          <label>
            Show{' '}
            <select
              value={kind}
              onChange={({ currentTarget }) => {
                setKind(currentTarget.value as Kind);
              }}
            >
              {Object.keys(KINDS).map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <button
            type="button"
            aria-pressed={held !== undefined}
            onClick={() => {
              setHeld(held === undefined ? events : undefined);
            }}
          >
            Hold
          </button>
        </div>
      }
    >
      <Announcer {...{ events, daemonNow }} />
      <Table
        label="The latest events"
        columns={['Time', 'What', 'Address', 'Set', 'Origin', 'Why']}
      >
        {shown.map((event) => (
          <EventRow key={keyOf(event)} event={event} />
        ))}
      </Table>
      {shown.length === 0 && (
        <p class="quiet">Nothing of this has happened since vallumd started.</p>
      )}
    </Panel>
  );
}

function EventRow({
  event: { time, event, level, message, fields = {} },
}: {
  readonly event: FeedEvent;
}) {
  const { address, set, origin, reason, detail } = fields;
  const tone = level === 'info' ? (event === 'banned' ? 'pill ban' : 'pill') : 'pill bad';
  return (
    <tr>
      <td>
        <time dateTime={time}>{clock(time)}</time>
      </td>
      <td>
        <span class={tone}>{event}</span>
      </td>
      {typeof address === 'string' ? (
        <>
          <td>
            <AddressLink address={address} />
          </td>
          <td>{text(set)}</td>
          <td>{text(origin)}</td>
          <td class="long">{text(detail ?? reason)}</td>
        </>
      ) : (
        <td class="long" colSpan={4}>
          <Foreign text={message} />
        </td>
      )}
    </tr>
  );
}

function text(value: unknown) {
  return typeof value === 'string' && value !== '' ? <Foreign text={value} /> : '–';
}

const ANNOUNCE_EVERY_MS = 10_000;
const GATHER_MS = 500;

/** Tells a screen reader of new bans at once, and then of all that came in ten seconds in one sentence. */
function Announcer({ events, daemonNow }: LatestProps) {
  const [sentence, setSentence] = useState('');
  const latest = useRef(events);
  /** When the youngest event happened that was told of; at first, when the page was opened. */
  const toldUpTo = useRef<string | undefined>(undefined);
  const toldAt = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  latest.current = events;

  useEffect(() => {
    if (toldUpTo.current === undefined && daemonNow !== undefined) {
      toldUpTo.current = new Date(1000 * daemonNow).toISOString();
    }
    if (events.length === 0 || toldUpTo.current === undefined) return;
    timer.current ??= setTimeout(
      () => {
        timer.current = undefined;
        const before = toldUpTo.current ?? '';
        const fresh = latest.current.filter(
          ({ event, time }) => event === 'banned' && time > before,
        );
        toldUpTo.current = latest.current[0]?.time;
        const [first] = fresh;
        if (first === undefined) return;
        toldAt.current = Date.now();
        const address = first.fields?.['address'];
        const which = typeof address === 'string' ? `, the latest ${address}` : '';
        setSentence(`${counted(fresh.length, 'new ban')}${which}`);
      },
      Math.max(GATHER_MS, toldAt.current + ANNOUNCE_EVERY_MS - Date.now()),
    );
  }, [events, daemonNow]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
    },
    [],
  );
  return (
    <p class="for-readers" role="status" aria-live="polite">
      {sentence}
    </p>
  );
}
