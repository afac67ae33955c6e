import type { Backend } from '../backend/backend.js';
import type { LedgerStore } from '../journal/store.js';
import type { ListedLease } from '../message/reply.js';
import type { Binding } from '../message/topic.js';
import type { PolicyOptions } from '../policy/policy-options.js';
import type { SetPolicy } from '../policy/set-policy.js';
import type { CreateOptions } from '../enforce/create-options.js';
import type { Explanation } from '../enforce/explain.js';
import type { LeaseRecord } from '../enforce/lease-record.js';
import type { LeaseOrder } from '../enforce/order-leases.js';
import type { ProtectReport } from '../enforce/protect-report.js';
import type { RefusedCount } from '../enforce/refused-bans.js';
import type { MessageSummary, ReconcileSummary, Report, SetState } from '../enforce/report.js';
import type { ShareStatus } from '../share/share-types.js';
import type { SteadyClock } from '../system/clock.js';
import type { ConnectionState, QueueLength, Transport } from '../transport/transport.js';
import type { Confirmation, ConfirmOptions } from './confirming.js';

/** What `createVallum` takes. Only `topics` is needed, and a backend, a transport or both. */
export interface VallumOptions {
  /** Topic prefixes and the sets they edit: `blacklist`, or `site/a/blacklist=blacklist`. */
  readonly topics: readonly (string | Binding)[];
  /** Enforces bans on this machine. Without one, Vallum only publishes. */
  readonly backend?: Backend;
  /** Shares bans with others. Without one, Vallum only enforces. */
  readonly transport?: Transport;
  /** In whose name `ban` and `unban` ask. Default: anonymous. */
  readonly origin?: string;
  /** What may not be banned here. Default: what `PolicyOptions` says of each. */
  readonly policy?: PolicyOptions;
  /** What this node makes of the bans of a set, by the set's name. Default: as they were asked for. */
  readonly policies?: Readonly<Record<string, SetPolicy>>;
  /** Keeps the ledger across restarts. Default: in memory only. */
  readonly store?: LedgerStore;
  /** Create sets that are missing. Default: never. */
  readonly create?: CreateOptions;
  /** How often sets are checked and mended, in milliseconds. Default 10,000. */
  readonly checkIntervalMs?: number;
  /**
   * `few`: a message of more than 100 entries is told in one `summary`; `all`: in a `report` an
   * entry, and no `summary`. Default `few`.
   */
  readonly reportEntries?: 'few' | 'all';
  /**
   * Keeps the ledger equal to those of all other nodes that serve the same topics, whatever was lost on
   * the way: nodes compare what they hold and send each other the difference. Wants a backend, a
   * transport, and a name that no other node has: a level of a topic, 1 to 128 characters. Default: not
   * done.
   */
  readonly repair?: { readonly node: string };
  /**
   * Answers what is asked on `T/ask` under this name, as `confirm` and `vallum-pub why` do. Wants a backend
   * and a transport. Default: not done.
   */
  readonly answers?: {
    readonly node: string;
    /** What it says of itself, at most some 60 KiB of JSON. Default: `status()`. */
    readonly describe?: () => Readonly<Record<string, unknown>>;
    /** Its sets block packets: false for one that only remembers. Default true. */
    readonly enforces?: boolean;
  };
  /**
   * How this one is called when it asks others: answers come on `vallumd/reply/<client>`, which access rules
   * of the broker may name. Default: the node's name, else a word that nobody else has.
   */
  readonly asks?: { readonly client: string };
  /**
   * The fleet's protect list: what nodes and administrators say, on a topic of its own, that no node may
   * ban. Kept and honoured where there are a backend and a transport, or a backend and this option; `false`:
   * not.
   */
  readonly protection?:
    | false
    | {
        /** Topic prefix. Default `vallum/protect`. */
        readonly topic?: string;
        /**
         * Announces this host's own global addresses there under this origin, such as `vallumd:web1`, so that
         * the others do not ban them. Default: not done.
         */
        readonly announceAs?: string;
        /**
         * Which they are; asked now and then. `false`: none are announced any more, and what an earlier run has
         * announced under that origin is withdrawn. Default: the system is asked, also when the kernel tells of a
         * change.
         */
        readonly ownAddresses?: false | (() => Promise<readonly string[]>);
      };
  /** How long a withdrawal of what may come back at any time is remembered. Default 30 days. */
  readonly rememberSeconds?: number;
  /** What publishers may make grow, at most. */
  readonly limits?: {
    /** Leases and withdrawals in all. Default 2,000,000. */
    readonly registers?: number;
  };
  /** Attached before anything happens, so that they miss nothing. */
  readonly listeners?: {
    readonly [Event in keyof VallumEvents]?: (...args: VallumEvents[Event]) => void;
  };
  /** For tests. Default: the system's clock. */
  readonly deps?: { readonly clock?: SteadyClock };
}

/** What `Vallum.ban` takes beside the addresses. */
export interface BanOptions {
  /** Needed where Vallum serves more than one set. */
  readonly set?: string;
  /** Seconds from now. Neither this nor `until`: what the set gives by itself. */
  readonly timeoutSeconds?: number;
  /** Unix seconds, or `never`. */
  readonly until?: number | 'never';
  /** Free text for people, printable, at most 256 characters. */
  readonly reason?: string;
  /** Default: the instance's origin. */
  readonly origin?: string;
  /**
   * Ends the waiting for a broker: what has not been sent then is not sent. What is enforced here stays
   * so, unless the signal had fired before.
   */
  readonly signal?: AbortSignal;
}

/** What `Vallum.protect` takes beside the addresses: as of a ban. */
export type ProtectOptions = Omit<BanOptions, 'set'>;

/** What `Vallum.unban` takes beside the addresses. */
export interface UnbanOptions {
  /** Needed where Vallum serves more than one set. */
  readonly set?: string;
  /** Whose ban to lift. Default: the instance's origin; without one, everybody's. */
  readonly origin?: string;
  /** As `BanOptions.signal`. */
  readonly signal?: AbortSignal;
}

/** Which leases are wanted, each that is given narrowing it, and in what order. */
export interface LeasesOptions {
  /** Exactly this origin, '' for anonymous ones; with `*` at its end, all that begin so. */
  readonly origin?: string;
  /** Asked for at this moment or later. */
  readonly since?: Date;
  /** Those that end by this moment. */
  readonly endingBy?: Date;
  /** This address or prefix, and what lies inside. */
  readonly within?: string;
  /** Also what was withdrawn and what is over, as long as it is remembered. Default: what lives. */
  readonly all?: boolean;
  /**
   * `address`: by number, IPv4 first; `until`: what ends first; `since`: the youngest first. Default: as
   * the ledger has them, which costs nothing.
   */
  readonly sort?: LeaseOrder;
  /** How many are passed over. Default 0. */
  readonly offset?: number;
  /** How many are wanted at most. Default: all. */
  readonly limit?: number;
}

/** The events of `Vallum.on` and `VallumOptions.listeners`, each with what a listener is given. */
export interface VallumEvents {
  /** Every entry's outcome, local or from the network; of large messages see `summary`. */
  report: [Report];
  /** What became of a message of more than 100 entries (see `reportEntries`). */
  summary: [MessageSummary];
  /** What became of each entry of the fleet's protect list; of large messages see `notice`. */
  protection: [ProtectReport];
  /** A set appeared, vanished or changed so that it matters; also once at the start. */
  set: [SetState];
  /** The connection to the broker came, went, or could not be made. */
  connection: [ConnectionState];
  /**
   * The broker brought something to be done on a topic prefix, as `T`, `T/add` or `T/del`, be it nothing
   * (`[]`); what it had retained does not count. At most once a minute.
   */
  received: [topic: string];
  /** A topic filter that the broker granted, or refused, with the reason. */
  subscription: [filter: string, outcome: 'granted' | { readonly refused: string }];
  /** A kernel set differed from the ledger, and has been brought to it. */
  reconciled: [ReconcileSummary];
  /** A look at every set has ended, whatever it found. */
  checked: [];
  /** What was accepted or had to be applied has been finished, or there was nothing to do. */
  worked: [];
  /** Numbers of bans or pending bans changed, for whatever reason; at most once a second. */
  books: [];
  /**
   * What this node says to other nodes on a topic does not come back to it (`unheard`), or does again:
   * the broker's rules do not let it write or read there, and repair does not work.
   */
  echo: [topic: string, outcome: 'heard' | 'unheard'];
  /**
   * The broker ends the connection whenever this node speaks to others, so it does not any more
   * (`silent`); it tries again (`speaking`) after ten minutes.
   */
  repair: ['silent' | 'speaking'];
  /** Another node has said something: what it holds, a part of a comparison, an answer. Its name. */
  heard: [node: string];
  /** A sentence for the log about something that is as it should be, of repair mostly. */
  notice: [string];
  /** A sentence for the log about something that is neither an entry nor a set. */
  warning: [string];
}

/** What `Vallum.status` tells: numbers of this moment. */
export interface VallumStatus {
  /** `none`: there is no transport. */
  readonly connection: ConnectionState['state'] | 'none';
  /** Every set that `topics` name and its companion for IPv6, each once; none without a backend. */
  readonly sets: readonly (SetState & {
    /** Bans that this set holds or is to hold. */
    readonly bans: number;
    /** Those of them that the kernel set does not hold yet. */
    readonly pending: number;
    /** Of `pending`: those that wait for room in a set that is full. */
    readonly waiting: number;
    /** Bans of the ledger that are not enforced here: policy or the set does not take them. */
    readonly refused: number;
    /** The policy of the set; undefined: it has none. */
    readonly policy?: SetPolicy;
    /** Bans that would be in the set, were it not only observed; undefined: it is enforced. */
    readonly observed?: number;
    /** Why they are not; brought up to date once a minute. */
    readonly refusals: readonly RefusedCount[];
    /** Bans that were missing and entries that were left over, and were mended, since the start. */
    readonly drift: { readonly added: number; readonly deleted: number };
    /** Why a set that is `ready` could not be compared with the ledger when last tried; undefined: it could. */
    readonly uncompared?: string;
  })[];
  /** How this node's ledger stands to those of others, a topic prefix each; none without `repair`. */
  readonly ledgers: readonly ShareStatus[];
  /** The fleet's protect list; missing: this Vallum does not keep it, or has no transport. */
  readonly protection?: {
    /** Its topic prefix, such as `vallum/protect`. */
    readonly topic: string;
    /** Addresses and prefixes that it protects here, each counted once whoever asked for it; 16,384 at most. */
    readonly entries: number;
    /** Addresses and prefixes with a live lease that protect nothing: too wide, or more than there is room for. */
    readonly refused: number;
    /**
     * Whether the broker lets this node read the list, and with `repair` write there too; undefined: not
     * known yet.
     */
    readonly allowed: boolean | undefined;
  };
  /**
   * How many milliseconds what this node sends to itself last took through the broker and back, or is late by now;
   * with fractions, measured about once a minute by a clock that nobody sets. Missing: not known, as without
   * `repair` or a connection.
   */
  readonly lagMs?: number;
  /** What waits; missing without a transport. */
  readonly queues?: {
    /** Large messages that have come and whose turn it is not yet. */
    readonly incoming: QueueLength;
    /** What has not been confirmed by the broker; missing where the transport does not tell. */
    readonly outgoing?: QueueLength;
  };
}

/** A running Vallum, made by `createVallum`. */
export interface Vallum {
  /**
   * Bans one address or many: applied here where there is a backend, published where there is a
   * transport.
   *
   * @returns one report an address, in order; a refusal is a report, not an error
   * @throws VallumError `INVALID_ARGUMENT` for an unknown set or unusable options,
   *   `BROKER_REFUSED`, `BROKER_UNREACHABLE`, `OUTBOX_FULL` or `ABORTED` where publishing failed
   */
  ban(addresses: string | readonly string[], options?: BanOptions): Promise<Report[]>;
  /** Lifts bans; otherwise as `ban`. */
  unban(addresses: string | readonly string[], options?: UnbanOptions): Promise<Report[]>;
  /**
   * Puts addresses or prefixes into the fleet's protect list: no node bans them any more, and those that
   * have lift it. Nothing wider than /16 (IPv6: /32) can stand in it. Wants a transport.
   *
   * @returns one report an address, in order; a refusal is a report, not an error
   * @throws VallumError as `ban`; `INVALID_ARGUMENT` also where there is no transport, or `protection: false`
   */
  protect(
    addresses: string | readonly string[],
    options?: ProtectOptions,
  ): Promise<ProtectReport[]>;
  /** Takes them out again, in the instance's name or another's; in nobody's, whoever had asked for them. */
  unprotect(
    addresses: string | readonly string[],
    options?: Omit<UnbanOptions, 'set'>,
  ): Promise<ProtectReport[]>;
  /**
   * Asks all nodes that listen whether they have done what was asked for: whether addresses are in their
   * kernel sets, or are not any more. Say how many have to (`count`) or which (`nodes`): else it waits as long
   * as it may, since one more could answer. Wants a transport, and a broker that lets it write to `T/ask` and
   * read what is answered.
   *
   * @returns who has it, who has not and why; too few of them is no error
   * @throws VallumError `INVALID_ARGUMENT` for unusable options or no transport, `BROKER_REFUSED` or
   *   `BROKER_UNREACHABLE` where nothing can be asked
   */
  confirm(addresses: string | readonly string[], options?: ConfirmOptions): Promise<Confirmation>;
  /**
   * Asks all nodes that listen how they are: what each says of itself (`answers.describe`), by its name.
   * What others say is not checked.
   *
   * @param options `timeoutMs`: how long is waited for them, 10 s at most. Default 500. `answered`: called for
   *   each node that answers with the milliseconds from the question to its answer, through the broker there and
   *   back; as the question goes the way of bans, in order behind them, one takes a little more than half of it.
   * @throws VallumError as `confirm`
   */
  fleet(options?: {
    readonly set?: string;
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
    readonly answered?: (node: string, tookMs: number) => void;
  }): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>>;
  /**
   * Asks nodes which addresses an origin has banned. What any of them knows of is named, once and in
   * canonical form, 2,000,000 at most; whether it is so is not checked.
   *
   * @param options `timeoutMs`: how long is waited for an answer, 10 s at most. Default 1,000.
   * @throws VallumError as `confirm`; `BROKER_UNREACHABLE` also where no node answers, or one that knew of
   *   something does not name it
   */
  leasesOf(
    origin: string,
    options?: { readonly set?: string; readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<readonly string[]>;
  /**
   * Asks nodes what the fleet's protect list holds. What any of them knows of counts, in no order. What
   * they say is not checked, and so not fit to be printed as it is.
   *
   * @param options `timeoutMs`: how long is waited for an answer, 10 s at most. Default 1,000.
   * @throws VallumError as `confirm`; `BROKER_UNREACHABLE` also where no node answers
   */
  fleetProtection(options?: {
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
  }): Promise<readonly ListedLease[]>;
  /**
   * Calls back whenever the event happens. What a listener throws becomes a `warning`, and stops nothing.
   *
   * @returns a function that ends it
   */
  on<Event extends keyof VallumEvents>(
    event: Event,
    listener: (...args: VallumEvents[Event]) => void,
  ): () => void;
  /** What is known of the connection, each set and each ledger. Asks neither kernel nor broker. */
  status(): VallumStatus;
  /**
   * What the ledger holds for a set, or for the fleet's protect list (`vallum/protect`), as a stream that
   * lets everything else go on: what is there throughout comes once, what comes or goes meanwhile may. By
   * default all that lives.
   *
   * @throws VallumError `INVALID_ARGUMENT` for a set that is not served, an address that is none, or where
   *   there is no backend
   */
  leases(set: string, options?: LeasesOptions): AsyncIterable<LeaseRecord>;
  /**
   * Who banned an address, since when, until when and why; the same of every prefix around it and inside;
   * and what this node does about it.
   *
   * @param options `set`: in this set only; default: in all
   * @throws VallumError as `leases`
   */
  explain(address: string, options?: { readonly set?: string }): Promise<Explanation>;
  /**
   * 16 hexadecimal digits, equal on two nodes exactly when their leases of the set are. What ends within a
   * minute does not count.
   *
   * @throws VallumError as `leases`
   */
  digest(set: string): string;
  /**
   * How many addresses of a set are banned by the ledger, whether they are enforced here or not; two nodes with
   * one digest have as many. Costs nothing.
   *
   * @throws VallumError as `leases`
   */
  count(set: string): number;
  /**
   * Compares every member of every kernel set with the ledger and mends what differs, and asks other
   * nodes to compare theirs. It happens by itself too; `reconciled` tells what differed then.
   *
   * @returns what differed, an item a kernel set; none where all was well. `status` tells which sets could not
   *   be compared, and what is still pending
   */
  reconcile(): Promise<readonly ReconcileSummary[]>;
  /** Replaces topics, policy and policies without touching the connection or the sets. */
  reconfigure(
    options: Pick<VallumOptions, 'topics' | 'policy' | 'policies' | 'create'>,
  ): Promise<void>;
  /** Finishes what is under way, then disconnects cleanly. Kernel sets stay as they are. */
  close(): Promise<void>;
}
