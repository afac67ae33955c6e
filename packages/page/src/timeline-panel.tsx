import { useEffect, useRef, useState } from 'preact/hooks';
import type { HistoryReport } from './answers.js';
import { drawTimeline, type Timeline } from './draw-timeline.js';
import { Panel } from './panel.js';
import { useAnswer } from './use-answer.js';
import { counted } from './words.js';

const RANGES = {
  '10 minutes': { seconds: 600, step: 10 },
  hour: { seconds: 3_600, step: 60 },
  day: { seconds: 86_400, step: 900 },
} as const;
type Range = keyof typeof RANGES;

/** How many bans, unbans and refusals there were, as bars over time and in a sentence. */
export function TimelinePanel({ happenings }: { readonly happenings: number }) {
  const [range, setRange] = useState<Range>('hour');
  const { seconds, step } = RANGES[range];
  const path = `/api/history?seconds=${String(seconds)}&step=${String(step)}`;
  const { value, fault, refresh } = useAnswer<HistoryReport>(path, 10_000);
  const place = useRef<HTMLDivElement>(null);
  const timeline = useRef<Timeline | undefined>(undefined);

  useEffect(refresh, [happenings, refresh]);
  useEffect(() => {
    if (place.current === null) return undefined;
    const drawn = (timeline.current = drawTimeline(place.current));
    return () => {
      drawn.destroy();
    };
  }, []);
  useEffect(() => {
    if (value !== undefined) timeline.current?.show(value);
  }, [value]);

  return (
    <Panel
      id="timeline"
      title="What happened"
      wide
      controls={<Ranges range={range} choose={setRange} />}
    >
      <div ref={place} class="timeline" aria-hidden="true" />
      <p class="legend">
        <Sum kind="bans" noun="ban" report={value} />
        <Sum kind="unbans" noun="unban" report={value} />
        <Sum kind="refusals" noun="refusal" report={value} />
        <Sum kind="drops" noun="dropped packet" report={value} />
        <span class="quiet">in the last {range}</span>
        {fault !== undefined && <span class="bad-text">{fault}</span>}
      </p>
    </Panel>
  );
}

interface SumProps {
  readonly kind: 'bans' | 'unbans' | 'refusals' | 'drops';
  readonly noun: string;
  readonly report: HistoryReport | undefined;
}

function Sum({ kind, noun, report }: SumProps) {
  const total = report?.[kind].reduce((sum, count) => sum + count, 0) ?? 0;
  return (
    <span>
      <span class={`key ${kind}`} aria-hidden="true" /> {counted(total, noun)}
    </span>
  );
}

interface RangesProps {
  readonly range: Range;
  readonly choose: (range: Range) => void;
}

function Ranges({ range, choose }: RangesProps) {
  return (
    <div class="choices" role="group" aria-label="Time that is shown">
      {(Object.keys(RANGES) as Range[]).map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === range}
          onClick={() => {
            choose(name);
          }}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
