/** How another node is, and what it says of itself. Times are Unix seconds by this node's clock. */
export interface FleetRow {
  readonly node: string;
  /**
   * `up`: it has answered, or is this node itself. Of others the broker keeps a status: `offline`, it vanished;
   * `stopped`, on purpose; `silent`, it is connected and has not answered. `unknown`: the broker says nothing of
   * it, and it was heard before.
   */
  readonly state: 'up' | 'offline' | 'stopped' | 'silent' | 'unknown';
  /** Of those that are offline or stopped: since when. */
  readonly since?: number;
  /** The broker does not tell: it has been so at least since then, when this node noticed. */
  readonly sinceAtLeast?: true;
  /** When something of it last came here; missing: nothing since this node was started. */
  readonly lastSeen?: number;
  /**
   * Milliseconds from the question to its answer, through the broker there and back, by one clock. The question
   * goes the way of bans and in order behind them.
   */
  readonly answeredMs?: number;
  /** Milliseconds that a message of it to itself took through the broker and back, as it last measured. */
  readonly lagMs?: number;
  readonly version?: string;
  readonly backend?: string;
  readonly startedAt?: number;
  /** What needs a hand there. */
  readonly needs?: { readonly critical: number; readonly warning: number };
  readonly sets: readonly FleetSet[];
}

export interface FleetSet {
  readonly set: string;
  readonly state: string;
  readonly bans: number;
  readonly pending: number;
  readonly refused: number;
  /** Of the ledger behind it: equal to ours exactly when the leases are. */
  readonly digest?: string;
  /** Whether that is so. */
  readonly agrees?: boolean;
  /**
   * Where it does not agree: how many banned addresses more its ledger has than this node's; below 0: fewer. 0: as
   * many, and others, or with other ends. Missing: it does not tell.
   */
  readonly more?: number;
  /** When it last found that another node held the same. */
  readonly agreedAt?: number;
}

/** This node's ledger of a set. */
export interface OwnLedger {
  /** The digests that it had while the others answered. */
  readonly digests: ReadonlySet<string>;
  /** Banned addresses, whether they are enforced here or not. */
  readonly addresses: number;
}

const MOST_SETS = 64;

/**
 * What a node says of itself, in answer to a question. Whatever it says is checked, and nothing else is passed
 * on.
 *
 * @param own this node's ledger, of a set by name; undefined where it has no such set
 */
export function readRow(
  node: string,
  said: Readonly<Record<string, unknown>>,
  own: (set: string) => OwnLedger | undefined,
): FleetRow {
  const { version, backend, startedAt, lag, needs } = said;
  const sets = Array.isArray(said['sets']) ? (said['sets'] as unknown[]).slice(0, MOST_SETS) : [];
  return {
    ...{ node, state: 'up' },
    ...(isCount(lag) ? { lagMs: lag } : {}),
    ...(isText(version) ? { version } : {}),
    ...(isText(backend) ? { backend } : {}),
    ...(isCount(startedAt) ? { startedAt } : {}),
    ...readNeeds(needs),
    sets: sets.flatMap((set) => readSet(set, own)),
  };
}

function readNeeds(said: unknown): Pick<FleetRow, 'needs'> {
  if (typeof said !== 'object' || said === null) return {};
  const { critical, warning } = said as Record<string, unknown>;
  return { needs: { critical: countOf(critical), warning: countOf(warning) } };
}

function readSet(said: unknown, own: (set: string) => OwnLedger | undefined): FleetSet[] {
  if (typeof said !== 'object' || said === null) return [];
  const { set, state, digest, addresses, agreedAt } = said as Record<string, unknown>;
  if (!isText(set) || !isText(state)) return [];
  const of = (key: string) => countOf((said as Record<string, unknown>)[key]);
  const ours = isText(digest) ? own(set) : undefined;
  const agrees = isText(digest) && ours?.digests.has(digest) === true;
  return [
    {
      ...{ set, state, bans: of('bans'), pending: of('pending'), refused: of('refused') },
      ...(isText(digest) ? { digest } : {}),
      ...(ours === undefined ? {} : { agrees }),
      ...(ours === undefined || agrees || !isCount(addresses)
        ? {}
        : { more: addresses - ours.addresses }),
      ...(isCount(agreedAt) ? { agreedAt } : {}),
    },
  ];
}

function isText(said: unknown): said is string {
  return typeof said === 'string' && said.length <= 256;
}

function isCount(said: unknown): said is number {
  return typeof said === 'number' && said >= 0 && said <= Number.MAX_SAFE_INTEGER;
}

function countOf(said: unknown): number {
  return isCount(said) ? said : 0;
}
