import type { FleetRow } from '../control/fleet-row.js';
import type { ExitCode } from '../exit-codes.js';
import { fleetOptions } from './options.js';
import { describeSpan } from './relative-time.js';
import { runShow, type ShowIo, type ShowRequest } from './run-command.js';
import { renderTable } from './table.js';

/**
 * Runs `vallumd fleet`: every node that answers, and whether it holds the same as this one.
 *
 * @param argv what follows `fleet`
 */
export function runFleet(argv: readonly string[], io: ShowIo): Promise<ExitCode> {
  return runShow(
    {
      name: 'fleet',
      table: fleetOptions,
      onlyRunning: 'only a running one can ask the others',
      help: {
        usage:
          'Usage: vallumd fleet [--json]\n\n' +
          'Asks all nodes over the broker how they are, and shows one line for each set of each node: how\n' +
          'long it has been up, what the set holds, and whether this node holds the same.',
      },
      show,
    },
    argv,
    io,
  );
}

async function show(request: ShowRequest<typeof fleetOptions>): Promise<undefined> {
  const { source, values, paint, now, write } = request;
  const { nodes } = (await source.json('/api/fleet')) as { readonly nodes: readonly FleetRow[] };
  if (values.json) await write(`${JSON.stringify({ nodes }, null, 2)}\n`);
  else await write(renderFleet(nodes, now, paint));
  return undefined;
}

/** A set for the other family has no ledger of its own: it agrees with its fellow. */
function stateOf({ state, agrees }: FleetRow['sets'][number]): string {
  if (state !== 'ready' || agrees === undefined) return state;
  return agrees ? 'agrees' : 'differs';
}

export function renderFleet(
  nodes: readonly FleetRow[],
  now: number,
  paint: Parameters<typeof renderTable>[2],
): string {
  if (nodes.length === 0) {
    return 'no node answered: the broker has to let nodes read TOPIC/ask and write vallumd/reply/+\n';
  }
  const rows = nodes.flatMap((node) =>
    node.sets.map((set, at) => [
      at === 0 ? node.node : '',
      at === 0 ? (node.version ?? '?') : '',
      at === 0 ? (node.backend ?? '?') : '',
      at === 0 && node.startedAt !== undefined ? describeSpan(now - node.startedAt) : '',
      set.set,
      set.bans,
      set.pending,
      set.refused,
      stateOf(set),
    ]),
  );
  const head = ['node', 'version', 'backend', 'up', 'set', 'bans', 'pending', 'refused', 'state'];
  return renderTable(head, rows, paint);
}
