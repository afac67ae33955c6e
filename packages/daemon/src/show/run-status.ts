import { run } from '@vallum/core/backend';
import { describeTime } from '@vallum/core/protocol';
import { count, groupDigits } from '@vallum/options';
import type { NodeReport, SetReport } from '../control/node-report.js';
import type { ExitCode } from '../exit-codes.js';
import { ledgersOfSets } from '../ledgers-of-sets.js';
import { addDrops } from './count-drops.js';
import { statusOptions } from './options.js';
import { describeSetPolicy } from './describe-set-policy.js';
import { describeAge, describeMs, describeSpan } from './relative-time.js';
import { runShow, type ShowIo, type ShowRequest } from './run-command.js';
import { plain, renderTable, type Paint } from './table.js';

type Protection = NonNullable<NodeReport['protection']>;

/**
 * Runs `vallumd status`: how the node is, on one screen.
 *
 * @param argv what follows `status`
 */
export function runStatus(argv: readonly string[], io: ShowIo): Promise<ExitCode> {
  return runShow(
    {
      name: 'status',
      table: statusOptions,
      help: {
        usage:
          'Usage: vallumd status [--json]\n\n' +
          'Shows how the running vallumd is doing: broker, sets, agreement with other nodes, the latest\n' +
          'bans, and what needs attention.',
      },
      show,
    },
    argv,
    io,
  );
}

async function show(request: ShowRequest<typeof statusOptions>): Promise<undefined> {
  const { source, values, paint, now, write } = request;
  const said = (await source.json('/api/status')) as NodeReport;
  const isRoot = source.instead === undefined && process.getuid?.() === 0;
  const report = await addDrops(said, { run, isRoot });
  if (values.json) await write(`${JSON.stringify(report, null, 2)}\n`);
  else await write(renderStatus(report, now, paint));
  return undefined;
}

/** @param now Unix seconds */
export function renderStatus(report: NodeReport, now: number, paint: Paint): string {
  const { node, version, backend, startedAt } = report;
  const isRunning = node !== '';
  const head = isRunning
    ? `${paint('bold', plain(node))}  vallumd ${version}, ${backend}, up ${describeSpan(now - startedAt)}\n`
    : '';
  const facts = isRunning ? renderTable(undefined, factsOf(report, now)) : '';
  const sets = renderTable(
    ['set', 'bans', 'pending', 'refused', 'room', 'rules', 'dropped', 'state'],
    report.sets.map((set) => setRow(set, isRunning, hasRules(report))),
    paint,
  );
  return [
    head,
    facts,
    report.sets.length === 0 ? '' : `\n${sets}`,
    policiesOf(report, paint),
    latestOf(report, paint),
    attentionOf(report, paint),
  ]
    .filter((part) => part !== '')
    .join('');
}

function factsOf(report: NodeReport, now: number): string[][] {
  const { broker, protection, lastMessageAt, lastRepairAt } = report;
  const ledgers = ledgersOfSets(report.ledgers);
  const since = broker.since === undefined ? '' : ` for ${describeSpan(now - broker.since)}`;
  const why = broker.detail === undefined ? '' : `: ${broker.detail}`;
  const lag = broker.lagMs === undefined ? '' : `, ${describeMs(broker.lagMs)} there and back`;
  const at = broker.address === undefined ? '' : ` ${broker.address}`;
  return [
    ['broker', `${broker.state}${at}${since}${why}${lag}`],
    ['last message', lastMessageAt === undefined ? 'none yet' : describeAge(now - lastMessageAt)],
    ...(ledgers.length === 0
      ? [['other nodes', 'not compared with (--no-repair)']]
      : ledgers.map(({ topic, agreedAtUnix, differing, pulling }) => {
          const agreed =
            agreedAtUnix === undefined
              ? 'none was heard yet'
              : `agreed ${describeAge(now - agreedAtUnix)}`;
          const differ =
            differing === 0 ? '' : `, ${differing.toString()} differ${differing === 1 ? 's' : ''}`;
          const busy = pulling === undefined ? '' : `, comparing with ${pulling}`;
          return [
            ledgers.length === 1 ? 'other nodes' : `other nodes, ${topic}`,
            agreed + differ + busy,
          ];
        })),
    ...(protection === undefined ? [] : [['protect list', describeProtection(protection)]]),
    ...(lastRepairAt === undefined ? [] : [['last repair', describeAge(now - lastRepairAt)]]),
  ];
}

function describeProtection({ entries, refused, allowed }: Protection): string {
  const unheard = allowed === false ? ', and the broker does not let this node hear of more' : '';
  return `${count(entries, 'entry')} of the fleet${refused === 0 ? '' : `, ${groupDigits(refused)} refused`}${unheard}`;
}

/** Sets of this process alone are those of no rule. */
function hasRules({ backend }: NodeReport): boolean {
  return backend !== 'memory';
}

function setRow(set: SetReport, isRunning: boolean, isKernels: boolean): (string | number)[] {
  const { bans, pending, refused, maxEntries, entries = 0, references = '' } = set;
  // Others may have entries there, and the kernel was asked some seconds ago.
  const used = Math.max(entries, bans - pending);
  const room = maxEntries === undefined ? '' : groupDigits(Math.max(0, maxEntries - used));
  if (!isRunning) return [set.set, bans, '', '', '', '', '', ''];
  const state =
    set.state === 'ready'
      ? isKernels && references === 0
        ? 'ready, but no rule refers to it'
        : 'ready'
      : (set.detail ?? set.state);
  const rules = isKernels ? [references, droppedOf(set)] : ['', ''];
  return [set.set, bans, pending, refused, room, ...rules, state];
}

/** Empty where no rule could drop anything. */
function droppedOf({ dropped, references = 0 }: SetReport): string {
  if (dropped === undefined) return references > 0 ? 'not known' : '';
  return `${groupDigits(dropped.packets)} (${describeBytes(dropped.bytes)})`;
}

function describeBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.floor(value).toString() : value.toFixed(1)} ${units[unit] ?? ''}`;
}

function policiesOf({ sets }: NodeReport, paint: Paint): string {
  const rows = sets.flatMap(({ set, policy, observed, refusals }) => {
    if (policy === undefined) return [];
    const waiting = refusals.find(({ code }) => code === 'quorum')?.count ?? 0;
    return [
      [
        `  ${plain(set)}`,
        [
          ...describeSetPolicy(policy),
          ...(observed === undefined ? [] : [`${groupDigits(observed)} would be banned`]),
          ...(waiting === 0 ? [] : [`${groupDigits(waiting)} wait for quorum`]),
        ].join('; '),
      ],
    ];
  });
  if (rows.length === 0) return '';
  return `\n${paint('dim', 'policies')}\n${renderTable(undefined, rows)}`;
}

function latestOf({ latest }: NodeReport, paint: Paint): string {
  if (latest.length === 0) return '';
  const lines = [...latest]
    .reverse()
    .map(({ time, message }) => `  ${describeTime(Date.parse(time) / 1000)}  ${plain(message)}\n`);
  return `\n${paint('dim', 'latest')}\n${lines.join('')}`;
}

function attentionOf({ attention }: NodeReport, paint: Paint): string {
  const lines = attention.map(({ level, message, remedy }) => {
    const colour = level === 'critical' ? 'red' : 'yellow';
    const how = remedy === undefined ? '' : `\n    → ${plain(remedy)}`;
    return `  ${paint(colour, level.padEnd(8))}  ${plain(message)}${how}\n`;
  });
  return lines.length === 0 ? '' : `\n${paint('dim', 'needs a hand')}\n${lines.join('')}`;
}
