import type { NodeReport, SetReport } from './answers.js';
import { Foreign } from './foreign.js';
import { Panel, Table } from './panel.js';
import { entriesOf } from './set-fill.js';
import { grouped } from './words.js';

export function SetsPanel({ report }: { readonly report: NodeReport | undefined }) {
  const differing = new Map(report?.ledgers.map((ledger) => [ledger.set, ledger.differing]));
  return (
    <Panel id="sets" title="Sets" wide>
      <Table
        label="Sets and how full they are"
        columns={[
          'Set',
          'State',
          'Bans',
          'Fill',
          'Pending',
          'Waiting for room',
          'Refused',
          'Packets dropped',
          'Other nodes',
        ]}
        numbers={['Bans', 'Pending', 'Waiting for room', 'Refused', 'Packets dropped']}
      >
        {report?.sets.map((set) => (
          <SetRow key={set.set} set={set} differing={differing.get(set.set)} />
        ))}
      </Table>
    </Panel>
  );
}

function SetRow({
  set,
  differing,
}: {
  readonly set: SetReport;
  readonly differing: number | undefined;
}) {
  const isUsable = set.state === 'ready' || set.state === 'unknown';
  return (
    <tr>
      <th scope="row">
        <Foreign text={set.set} />
      </th>
      <td>
        <span class={isUsable ? 'pill good' : 'pill bad'}>{set.state}</span>
      </td>
      <td class="number">{grouped(set.bans)}</td>
      <td>
        <Fill set={set} />
      </td>
      <td class="number">{grouped(set.pending)}</td>
      <td class="number">{grouped(set.waiting)}</td>
      <td class="number">{grouped(set.refused)}</td>
      <td class="number">{set.dropped === undefined ? '–' : grouped(set.dropped.packets)}</td>
      <td>{describeDiffering(differing)}</td>
    </tr>
  );
}

function describeDiffering(count: number | undefined): string {
  if (count === undefined) return '–';
  if (count === 0) return 'none differs';
  return count === 1 ? '1 differs' : `${grouped(count)} differ`;
}

function Fill({ set: report }: { readonly set: SetReport }) {
  const { set, maxEntries } = report;
  const entries = entriesOf(report);
  if (entries === undefined) return <>–</>;
  if (maxEntries === undefined) return <>{grouped(entries)}, no limit</>;
  const share = maxEntries === 0 ? 1 : Math.min(1, entries / maxEntries);
  return (
    <span class="fill">
      <meter
        aria-label={`Fill of ${set}`}
        min={0}
        max={maxEntries}
        low={0.75 * maxEntries}
        high={0.9 * maxEntries}
        optimum={0}
        value={entries}
      />
      {grouped(entries)} of {grouped(maxEntries)} ({(100 * share).toFixed(share < 0.1 ? 1 : 0)} %)
    </span>
  );
}
