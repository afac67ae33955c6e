// What the daemon answers, as far as the page shows it: see NodeReport and its neighbours there.

export interface NodeReport {
  readonly node: string;
  readonly version: string;
  readonly backend: string;
  readonly keeper: boolean;
  readonly startedAt: number;
  /** Its clock, Unix seconds. */
  readonly now: number;
  readonly broker: {
    readonly state: string;
    readonly address?: string;
    readonly since?: number;
    readonly detail?: string;
  };
  readonly sets: readonly SetReport[];
  readonly ledgers: readonly { readonly set: string; readonly differing: number }[];
  readonly lastMessageAt?: number;
  readonly lastRepairAt?: number;
  readonly attention: readonly {
    readonly level: 'critical' | 'warning' | 'unknown';
    readonly message: string;
    readonly remedy?: string;
  }[];
}

export interface SetReport {
  readonly set: string;
  readonly state: string;
  readonly detail?: string;
  readonly bans: number;
  readonly pending: number;
  /** Of `pending`: those that wait for room. */
  readonly waiting: number;
  readonly refused: number;
  readonly entries?: number;
  readonly maxEntries?: number;
  readonly dropped?: { readonly packets: number };
}

export interface FeedEvent {
  readonly id: number;
  /** ISO 8601. */
  readonly time: string;
  readonly level: 'error' | 'warning' | 'info';
  readonly event: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface HistoryReport {
  readonly from: number;
  readonly step: number;
  readonly bans: readonly number[];
  readonly unbans: readonly number[];
  readonly refusals: readonly number[];
  /** Packets. */
  readonly drops: readonly number[];
}

export interface TopReport {
  readonly rows: readonly { readonly name: string; readonly bans: number }[];
}

export interface FleetReport {
  readonly nodes: readonly FleetRow[];
  /** Why the others could not be asked. */
  readonly trouble?: string;
}

export interface FleetRow {
  readonly node: string;
  readonly state: 'up' | 'offline' | 'stopped' | 'silent' | 'unknown';
  readonly since?: number;
  readonly sinceAtLeast?: true;
  readonly lastSeen?: number;
  readonly answeredMs?: number;
  readonly version?: string;
  readonly backend?: string;
  readonly startedAt?: number;
  /** What needs a hand there. */
  readonly needs?: { readonly critical: number; readonly warning: number };
  readonly sets: readonly {
    readonly set: string;
    readonly state: string;
    readonly bans: number;
    readonly pending: number;
    readonly refused: number;
    readonly agrees?: boolean;
    readonly more?: number;
  }[];
}

export interface WhyReport {
  readonly address: string;
  readonly blocked: boolean;
  readonly protected?: { readonly address: string; readonly because: string };
  readonly standings: readonly Standing[];
  readonly more: number;
}

export interface Standing {
  readonly set: string;
  readonly address: string;
  readonly relation: 'same' | 'around' | 'inside' | 'beside';
  readonly records: readonly LeaseRecord[];
  readonly enforcement?: { readonly state: string; readonly detail?: string };
}

export interface LeaseRecord {
  readonly kind: 'lease' | 'withdrawal' | 'sweep';
  readonly origin: string;
  /** Unix seconds. */
  readonly until?: number | 'never' | 'default';
  readonly live: boolean;
  readonly stampMs: number;
  readonly reason?: string;
}

/** @throws Error with what the daemon says against it, or that it cannot be reached */
export async function ask<T>(path: string): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { headers: { accept: 'application/json' } });
  } catch {
    throw new Error('vallumd does not answer');
  }
  const said = (await response.json().catch(() => undefined)) as
    T | { error?: unknown } | undefined;
  if (response.ok && said !== undefined) return said as T;
  const why = (said as { error?: unknown } | undefined)?.error;
  throw new Error(typeof why === 'string' ? why : `vallumd answers ${String(response.status)}`);
}
