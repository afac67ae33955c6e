import type { FleetReport, FleetRow, NodeReport } from './answers.js';
import { Foreign } from './foreign.js';
import { Panel, Table } from './panel.js';
import { useAnswer } from './use-answer.js';
import { grouped, span } from './words.js';

const EVERY_MS = 15_000;

export interface FleetProps {
  readonly report: NodeReport | undefined;
  readonly now: number;
}

/** Every node that answers, and which of them have other leases than this one. */
export function FleetPanel({ report, now }: FleetProps) {
  const { value, fault } = useAnswer<FleetReport>('/api/fleet', EVERY_MS);
  const nodes = value?.nodes ?? [];
  return (
    <Panel id="fleet" title="The fleet" wide>
      <Table
        label="Nodes of the fleet"
        columns={['Node', 'In step', 'Bans', 'Pending', 'Refused', 'Backend', 'Version', 'Up']}
        numbers={['Bans', 'Pending', 'Refused']}
      >
        {nodes.map((row) => (
          <NodeRow key={row.node} row={row} isThis={row.node === report?.node} now={now} />
        ))}
      </Table>
      {fault !== undefined && (
        <p class="bad-text">
          <Foreign text={fault} />
        </p>
      )}
      {value !== undefined && nodes.length === 0 && (
        <p class="quiet">
          No node has answered: is the broker there, and does it allow the questions?
        </p>
      )}
    </Panel>
  );
}

interface RowProps {
  readonly row: FleetRow;
  readonly isThis: boolean;
  readonly now: number;
}

function NodeRow({ row: { node, sets, backend, version, startedAt }, isThis, now }: RowProps) {
  const sum = (of: 'bans' | 'pending' | 'refused') =>
    grouped(sets.reduce((total, set) => total + set[of], 0));
  return (
    <tr>
      <th scope="row">
        <Foreign text={node} />
        {isThis && <span class="badge">this node</span>}
      </th>
      <td>
        <Step sets={sets} />
      </td>
      <td class="number">{sum('bans')}</td>
      <td class="number">{sum('pending')}</td>
      <td class="number">{sum('refused')}</td>
      <td>{backend === undefined ? '–' : <Foreign text={backend} />}</td>
      <td>{version === undefined ? '–' : <Foreign text={version} />}</td>
      <td>{startedAt === undefined ? '–' : span(now - startedAt)}</td>
    </tr>
  );
}

/** What could not be compared is not in step: nobody knows. */
function Step({ sets }: Pick<FleetRow, 'sets'>) {
  const broken = sets.filter(({ state }) => state !== 'ready' && state !== 'unknown');
  const behind = sets.filter(({ agrees }) => agrees === false);
  const faults = [
    ...(broken.length > 0 ? [`cannot use ${namesOf(broken)}`] : []),
    ...(behind.length > 0 ? [`differs in ${namesOf(behind)}`] : []),
  ];
  if (faults.length > 0) {
    return (
      <span class="pill bad">
        <Foreign text={faults.join(', ')} />
      </span>
    );
  }
  const isCompared = sets.some(({ agrees }) => agrees === true);
  return isCompared ? <span class="pill good">in step</span> : <span class="pill">not known</span>;
}

function namesOf(sets: FleetRow['sets']): string {
  return sets.map(({ set }) => set).join(', ');
}
