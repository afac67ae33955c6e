import uPlot from 'uplot';
import type { HistoryReport } from './answers.js';

export interface Timeline {
  show(report: HistoryReport): void;
  destroy(): void;
}

const HEIGHT = 180;
/** uPlot.Axis.Side.Right, which is a const enum of another module. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const RIGHT: uPlot.Axis.Side = 1;
const KINDS = ['bans', 'unbans', 'refusals'] as const;

/** Bars over time, as wide as the place is, in the colours of the page. */
export function drawTimeline(place: HTMLElement): Timeline {
  const bars = uPlot.paths.bars;
  const colour = (name: string) => () => getComputedStyle(place).getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  let step = 60;
  let hasDrops = false;
  const plot = new uPlot(
    {
      width: Math.max(1, place.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        // Bars stand to both sides of their moments.
        x: { range: (_plot, first, last) => [first - step / 2, last + step / 2] },
        y: { range: upTo },
        packets: { range: upTo },
      },
      axes: [
        { ...axis, values: (_plot, splits) => splits.map(timeOf) },
        {
          ...axis,
          size: 48,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6],
        },
        // Packets come by the thousand where bans come by the dozen.
        {
          ...{
            ...axis,
            scale: 'packets',
            side: RIGHT,
            size: 60,
            grid: { show: false },
          },
          values: (_plot, splits) =>
            hasDrops ? splits.map((count) => count.toLocaleString('en')) : [],
        },
      ],
      series: [
        {},
        ...KINDS.map((kind, at) => ({
          label: kind,
          stroke: colour(`--${kind}`),
          fill: colour(`--${kind}`),
          width: 0,
          points: { show: false },
          ...(bars === undefined
            ? {}
            : { paths: bars({ size: [0.26, 40], align: SIDE[at] ?? 0 }) }),
        })),
        {
          label: 'drops',
          scale: 'packets',
          stroke: colour('--drops'),
          width: 2,
          points: { show: false },
        },
      ],
    },
    [[], [], [], [], []],
    place,
  );
  const fit = new ResizeObserver(() => {
    plot.setSize({ width: Math.max(1, place.clientWidth), height: HEIGHT });
  });
  fit.observe(place);
  // The canvas knows nothing of style sheets.
  const redraw = () => {
    plot.redraw(false, true);
  };
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', redraw);
  const chosen = new MutationObserver(redraw);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return {
    show({ from, bans, unbans, refusals, drops, ...report }) {
      step = report.step;
      hasDrops = drops.some((count) => count > 0);
      const times = bans.map((_, at) => from + at * step);
      plot.setData([times, [...bans], [...unbans], [...refusals], [...drops]]);
    },
    destroy() {
      fit.disconnect();
      chosen.disconnect();
      system.removeEventListener('change', redraw);
      plot.destroy();
    },
  };
}

/** An empty scale has a height too. */
function upTo(_plot: uPlot, _least: number, most: number): [number, number] {
  return [0, Math.max(4, most * 1.1)];
}

/** Three bars side by side. */
const SIDE = [-1, 0, 1] as const;

function timeOf(unixSeconds: number): string {
  return new Date(1000 * unixSeconds).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
  });
}
