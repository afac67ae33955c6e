import type { FleetReport, FleetRow, NodeReport } from './answers.js';
import { describeStep } from './describe-step.js';
import { Foreign } from './foreign.js';
import { Panel, Table } from './panel.js';
import { useAnswer } from './use-answer.js';
import { ago, describeDown, grouped, milliseconds, span } from './words.js';

const EVERY_MS = 15_000;

export interface FleetProps {
  readonly report: NodeReport | undefined;
  readonly now: number;
}

const COLUMNS = [
  ...['Node', 'In step', 'Bans', 'Pending', 'Refused', 'Lag', 'Last seen'],
  ...['Backend', 'Version', 'Up'],
];

/** Every node that is known, which of them have other leases than this one, and which are not there. */
export function FleetPanel({ report, now }: FleetProps) {
  const { value, fault } = useAnswer<FleetReport>('/api/fleet', EVERY_MS);
  const nodes = value?.nodes ?? [];
  const complaint = fault ?? value?.trouble;
  return (
    <Panel id="fleet" title="The fleet" wide>
      <Table
        label="Nodes of the fleet"
        columns={COLUMNS}
        numbers={['Bans', 'Pending', 'Refused', 'Lag']}
      >
        {nodes.map((row) => (
          <NodeRow key={row.node} row={row} isThis={row.node === report?.node} now={now} />
        ))}
      </Table>
      {complaint !== undefined && (
        <p class="bad-text">
          <Foreign text={complaint} />
        </p>
      )}
      {complaint === undefined && nodes.length === 1 && nodes[0]?.answeredMs === undefined && (
        <p class="quiet">No node has answered: does the broker allow the questions?</p>
      )}
    </Panel>
  );
}

interface RowProps {
  readonly row: FleetRow;
  readonly isThis: boolean;
  readonly now: number;
}

function NodeRow({ row, isThis, now }: RowProps) {
  const { node, state, sets, backend, version, startedAt, answeredMs, lastSeen } = row;
  const isUp = state === 'up';
  const sum = (of: 'bans' | 'pending' | 'refused') =>
    isUp ? grouped(sets.reduce((total, set) => total + set[of], 0)) : '–';
  return (
    <tr>
      <th scope="row">
        <Foreign text={node} />
        {isThis && <span class="badge">this node</span>}
      </th>
      <td>{isUp ? <Step row={row} /> : <span class="pill bad">{describeDown(row, now)}</span>}</td>
      <td class="number">{sum('bans')}</td>
      <td class="number">{sum('pending')}</td>
      <td class="number">{sum('refused')}</td>
      <td class="number">{answeredMs === undefined ? '–' : milliseconds(answeredMs)}</td>
      <td>{isUp ? 'now' : lastSeen === undefined ? 'not since start' : ago(lastSeen, now)}</td>
      <td>{backend === undefined ? '–' : <Foreign text={backend} />}</td>
      <td>{version === undefined ? '–' : <Foreign text={version} />}</td>
      <td>{startedAt === undefined ? '–' : span(now - startedAt)}</td>
    </tr>
  );
}

function Step({ row }: { readonly row: FleetRow }) {
  const { text, tone } = describeStep(row);
  return (
    <span class={tone === 'none' ? 'pill' : `pill ${tone}`}>
      <Foreign text={text} />
    </span>
  );
}
