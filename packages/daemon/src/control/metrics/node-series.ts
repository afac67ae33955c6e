import type { NodeReport, SetReport } from '../node-report.js';
import type { EntryCounts } from './entry-counts.js';

type Value = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A metric and what it is now. */
export interface Series {
  readonly name: string;
  readonly help: string;
  readonly kind: 'gauge' | 'counter';
  readonly labels: readonly string[];
  readonly values: readonly Value[];
}

/** All that is known of a node by counting, in the names that Prometheus' guide wants. */
export function describeNode(report: NodeReport, counts: EntryCounts): Series[] {
  return [
    gauge(
      'vallum_info',
      'What this node is; always 1',
      ['node', 'version', 'backend'],
      [[{ node: report.node, version: report.version, backend: report.backend }, 1]],
    ),
    ...ofEntries(counts),
    ...ofSets(report.sets),
    ...ofOthers(report),
  ];
}

function ofEntries(counts: EntryCounts): Series[] {
  const labels = ['set', 'origin_class', 'outcome'];
  const of = (action: 'ban' | 'unban'): Value[] =>
    [...counts.counts]
      .filter((counted) => counted.action === action)
      .map(({ set, originClass, outcome, count }) => [
        { set, origin_class: originClass, outcome },
        count,
      ]);
  return [
    counter(
      'vallum_bans_total',
      'Bans that were asked for, by what became of them',
      labels,
      of('ban'),
    ),
    counter(
      'vallum_unbans_total',
      'Unbans that were asked for, by what became of them; ended: the ban was over, in a set without timeouts',
      labels,
      of('unban'),
    ),
    counter(
      'vallum_refusals_total',
      'Entries that were rejected (not understood), refused (policy, bounds) or failed (kernel)',
      ['outcome', 'reason'],
      [...counts.refusals].map(({ outcome, reason, count }) => [{ outcome, reason }, count]),
    ),
    counter(
      'vallum_held_back_total',
      'Entries that the policy of a set keeps and does not enforce for now (observe, quorum, max-ban)',
      ['set', 'reason'],
      [...counts.heldBack].map(({ set, reason, count }) => [{ set, reason }, count]),
    ),
  ];
}

function ofSets(sets: readonly SetReport[]): Series[] {
  const each = (
    name: string,
    help: string,
    read: (set: SetReport) => number | undefined,
    kind: Series['kind'] = 'gauge',
  ): Series => ({
    ...{ name, help, kind, labels: ['set'] },
    values: sets.flatMap((set): Value[] => {
      const value = read(set);
      return value === undefined ? [] : [[{ set: set.set }, value]];
    }),
  });
  const READY = 'Whether the kernel set is there and can be used';
  return [
    each('vallum_set_ready', READY, ({ state }) => (state === 'ready' ? 1 : 0)),
    each('vallum_bans', 'Bans that the kernel set holds or is to hold', ({ bans }) => bans),
    each('vallum_bans_enforced', 'Bans that the kernel set holds', (set) => set.bans - set.pending),
    each('vallum_bans_pending', 'Bans on their way into the kernel set', (set) => set.pending),
    each('vallum_bans_waiting', 'Bans that wait for room in a full set', ({ waiting }) => waiting),
    each('vallum_bans_refused', 'Bans of the ledger not enforced here', ({ refused }) => refused),
    each(
      'vallum_set_entries',
      'Entries of the kernel set, those of others too',
      (set) => set.entries,
    ),
    each('vallum_set_room', 'Entries that the kernel set has room for', roomOf),
    each('vallum_set_rules', 'Rules that refer to the kernel set', ({ references }) => references),
    each(
      ...([
        'vallum_dropped_packets_total',
        'Packets that rules with a counter have dropped',
      ] as const),
      ({ dropped }) => dropped?.packets,
      'counter',
    ),
    each(
      ...(['vallum_dropped_bytes_total', 'Bytes that rules with a counter have dropped'] as const),
      ({ dropped }) => dropped?.bytes,
      'counter',
    ),
    counter(
      'vallum_drift_total',
      'Entries of the kernel set that differed from the ledger, and were mended',
      ['set', 'change'],
      sets.flatMap(({ set, drift }): Value[] => [
        [{ set, change: 'added' }, drift.added],
        [{ set, change: 'deleted' }, drift.deleted],
      ]),
    ),
  ];
}

function ofOthers({ broker, ledgers, protection, lastMessageAt, attention }: NodeReport): Series[] {
  const topics = ['topic'];
  return [
    gauge(
      'vallum_connected',
      'Whether the broker is connected',
      [],
      [[{}, broker.state === 'connected' ? 1 : 0]],
    ),
    counter(
      'vallum_connections_total',
      'How often the broker was connected to',
      [],
      [[{}, broker.connections]],
    ),
    gauge(
      'vallum_broker_lag_seconds',
      'How long a message of this node to itself last took through the broker and back',
      [],
      broker.lagMs === undefined ? [] : [[{}, broker.lagMs / 1000]],
    ),
    ...ofQueues(broker.queues),
    gauge(
      'vallum_last_message_timestamp_seconds',
      'When the last message with bans or unbans came',
      [],
      lastMessageAt === undefined ? [] : [[{}, lastMessageAt]],
    ),
    gauge(
      'vallum_attention',
      'What needs a hand, as vallumd status shows it',
      ['level'],
      (['critical', 'warning', 'unknown'] as const).map((level): Value => [
        { level },
        attention.filter((one) => one.level === level).length,
      ]),
    ),
    gauge(
      'vallum_protected_entries',
      "Addresses and prefixes that the fleet's protect list protects here",
      [],
      protection === undefined ? [] : [[{}, protection.entries]],
    ),
    gauge(
      'vallum_protected_refused',
      "Leases of the fleet's protect list that protect nothing: too wide, or too many",
      [],
      protection === undefined ? [] : [[{}, protection.refused]],
    ),
    gauge(
      'vallum_differing_nodes',
      'Other nodes whose digest differs',
      topics,
      ledgers.map(({ topic, differing }): Value => [{ topic }, differing]),
    ),
    gauge(
      'vallum_agreed_timestamp_seconds',
      'When another node was last heard to hold the same',
      topics,
      ledgers.flatMap(({ topic, agreedAtUnix }): Value[] =>
        agreedAtUnix === undefined ? [] : [[{ topic }, Math.floor(agreedAtUnix)]],
      ),
    ),
    counter(
      'vallum_repaired_total',
      'Leases and withdrawals that were taken from other nodes, or given to them, by repair',
      ['topic', 'direction'],
      ledgers.flatMap(({ topic, taken, given }): Value[] => [
        [{ topic, direction: 'taken' }, taken],
        [{ topic, direction: 'given' }, given],
      ]),
    ),
  ];
}

function ofQueues({
  incoming,
  outgoing,
}: Partial<NonNullable<NodeReport['broker']['queues']>> = {}) {
  const each = (of: 'messages' | 'bytes'): Value[] => [
    ...(incoming === undefined ? [] : [[{ queue: 'incoming' }, incoming[of]] as const]),
    ...(outgoing === undefined ? [] : [[{ queue: 'outgoing' }, outgoing[of]] as const]),
  ];
  return [
    gauge(
      'vallum_queue_messages',
      'Large messages that wait to be taken (incoming), and what the broker has not confirmed (outgoing)',
      ['queue'],
      each('messages'),
    ),
    gauge('vallum_queue_bytes', 'The same in bytes', ['queue'], each('bytes')),
  ];
}

function roomOf({ bans, pending, entries = 0, maxEntries }: SetReport): number | undefined {
  // Others may have entries there, and the kernel was asked some seconds ago.
  return maxEntries === undefined
    ? undefined
    : Math.max(0, maxEntries - Math.max(entries, bans - pending));
}

function gauge(
  name: string,
  help: string,
  labels: readonly string[],
  values: readonly Value[],
): Series {
  return { name, help, kind: 'gauge', labels, values };
}

function counter(
  name: string,
  help: string,
  labels: readonly string[],
  values: readonly Value[],
): Series {
  return { name, help, kind: 'counter', labels, values };
}
