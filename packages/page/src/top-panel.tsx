import type { TopReport } from './answers.js';
import { Foreign, AddressLink } from './foreign.js';
import { Panel, Table } from './panel.js';
import { useAnswer } from './use-answer.js';
import { grouped } from './words.js';

export interface TopProps {
  readonly by: 'origin' | 'network';
  readonly title: string;
  readonly column: string;
}

/** Each look goes through all leases: not often. */
const EVERY_MS = 60_000;

export function TopPanel({ by, title, column }: TopProps) {
  const { value, fault } = useAnswer<TopReport>(`/api/top?by=${by}&limit=10`, EVERY_MS);
  const rows = value?.rows ?? [];
  const most = rows[0]?.bans ?? 1;
  return (
    <Panel id={`top-${by}`} title={title}>
      <Table label={title} columns={[column, 'Bans']} numbers={['Bans']}>
        {rows.map(({ name, bans }) => (
          <tr key={name}>
            <th scope="row">
              <Name by={by} name={name} />
              <span
                class="share"
                aria-hidden="true"
                style={{ width: `${String((100 * bans) / most)}%` }}
              />
            </th>
            <td class="number">{grouped(bans)}</td>
          </tr>
        ))}
      </Table>
      {fault !== undefined && <p class="bad-text">{fault}</p>}
      {value !== undefined && rows.length === 0 && <p class="quiet">There are no bans.</p>}
    </Panel>
  );
}

function Name({ by, name }: { readonly by: TopProps['by']; readonly name: string }) {
  if (name === '') return <>anonymous</>;
  return by === 'network' && name.includes('/') ? (
    <AddressLink address={name} />
  ) : (
    <Foreign text={name} />
  );
}
