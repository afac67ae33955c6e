import { groupDigits } from '@vallum/options';
import type { FleetReport } from '../control/gather-fleet.js';
import type { FleetRow, FleetSet } from '../control/fleet-row.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { fleetOptions } from './options.js';
import { describeAge, describeMs, describeSpan } from './relative-time.js';
import { runShow, type ShowIo, type ShowRequest } from './run-command.js';
import { plain, renderTable, type Paint } from './table.js';

/**
 * Runs `vallumd fleet`: every node, and whether it holds the same as this one.
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
          'long it has been up, what the set holds, how long its answer took, and whether this node holds\n' +
          'the same. Nodes that do not answer are shown as the broker has them on vallumd/NODE, where it\n' +
          'lets this node read that, with when they were last heard here.',
        epilogue:
          'Exit codes: 0 shown, 64 usage, 66 no vallumd runs, 69 the others cannot be asked, 77 not permitted.',
      },
      show,
    },
    argv,
    io,
  );
}

async function show(request: ShowRequest<typeof fleetOptions>): Promise<ExitCode> {
  const { source, values, paint, now, write } = request;
  const report = (await source.json('/api/fleet')) as FleetReport;
  if (values.json) await write(`${JSON.stringify(report, null, 2)}\n`);
  else await write(renderFleet(report, now, paint));
  return report.trouble === undefined ? EXIT.ok : EXIT.unavailable;
}

const HEAD = [
  ...['node', 'version', 'backend', 'up', 'set', 'bans', 'digest', 'pending', 'refused'],
  ...['lag', 'last seen', 'state'],
];

/** Of a digest: enough to see with the eye that two differ. */
const SHOWN_DIGITS = 8;

/** @param now Unix seconds */
export function renderFleet({ nodes, trouble }: FleetReport, now: number, paint: Paint): string {
  const rows = nodes.flatMap((node) =>
    node.state === 'up' ? upRows(node, now) : [downRow(node, now)],
  );
  const said = trouble === undefined ? '' : `the others cannot be asked: ${plain(trouble)}\n`;
  // It hears its own answer, too, where the broker lets it ask and answer.
  const isUnheard = nodes.length === 1 && nodes[0]?.answeredMs === undefined;
  const hint =
    isUnheard && trouble === undefined
      ? 'no node answered: the broker has to let nodes read TOPIC/ask and write vallumd/reply/+\n'
      : '';
  return renderTable(HEAD, rows, paint) + said + hint;
}

function upRows(node: FleetRow, now: number): (string | number)[][] {
  const { version = '?', backend = '?', startedAt, answeredMs } = node;
  const up = startedAt === undefined ? '' : describeSpan(now - startedAt);
  const head = [node.node, version, backend, up];
  const tail = [answeredMs === undefined ? '' : describeMs(answeredMs), 'now'];
  if (node.sets.length === 0) return [[...head, '', '', '', '', '', ...tail, 'without sets']];
  return node.sets.map((set, at) => {
    const { bans, digest = '', pending, refused } = set;
    const isFirst = at === 0;
    return [
      ...(isFirst ? head : ['', '', '', '']),
      ...[set.set, bans, digest.slice(0, SHOWN_DIGITS), pending, refused],
      ...(isFirst ? tail : ['', '']),
      stateOf(set) + (isFirst ? describeNeeds(node) : ''),
    ];
  });
}

const DESCRIBED: Readonly<Record<FleetRow['state'], string>> = {
  up: 'up',
  offline: 'offline',
  stopped: 'stopped',
  silent: 'connected, did not answer',
  unknown: 'unknown',
};

function downRow(node: FleetRow, now: number): string[] {
  const { version = '', state, since, sinceAtLeast, lastSeen } = node;
  const span = since === undefined ? '' : describeSpan(now - since);
  const how = sinceAtLeast === true ? ' for at least ' : ' for ';
  return [
    ...[node.node, version, '', '', '', '', '', '', '', ''],
    lastSeen === undefined ? 'not since start' : describeAge(now - lastSeen),
    DESCRIBED[state] + (span === '' ? '' : span === 'now' ? ' since just now' : how + span),
  ];
}

/** A set for the other family has no ledger of its own: it agrees with its fellow. */
function stateOf({ state, agrees, more }: FleetSet): string {
  if (state !== 'ready' || agrees === undefined) return state;
  if (agrees) return 'agrees';
  if (more === undefined || more === 0) return 'differs';
  return more < 0 ? `behind by ${groupDigits(-more)}` : `ahead by ${groupDigits(more)}`;
}

function describeNeeds({ needs }: FleetRow): string {
  const count = (needs?.critical ?? 0) + (needs?.warning ?? 0);
  return count === 0 ? '' : `, ${count.toString()} ${count === 1 ? 'needs' : 'need'} a hand`;
}
