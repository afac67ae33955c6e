import type { AddressColumns } from '../address/address-columns.js';
import type { EntryColumns } from '../message/entry-columns.js';
import { messageOf } from '../words/message-of.js';
import type { SetName } from '../words/names.js';
import type {
  JournalNote,
  JournalPiece,
  JournalVisitor,
  LedgerStore,
  LoadSummary,
} from './store.js';

/**
 * A journal is rewritten when so many records have come, and an eighth of what it began with, and as
 * many of all that it holds say nothing any more.
 */
const SLACK_RECORDS = 20_000;
const SLACK_SHARE = 1 / 8;

/** Of a lease: an IPv4 address. What is the same in a whole frame takes no room in its columns. */
const LEAST_BYTES = 4;

/** Between two attempts to rewrite a journal that failed: twice as long each time, up to the last. */
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

/**
 * `lost`: something that happened is not in it. `low`: it has all, and the disk has room for little
 * more. `growing`: it has all, and cannot be made shorter.
 */
type JournalState = 'well' | 'growing' | 'low' | 'lost';

/**
 * Writes the ledger's journal, and lives without one while the disk refuses it. Nothing here throws
 * but `restore`: what failed is said once, and `durable` tells whether the journal has it all.
 */
export class Journal {
  /** How many records were appended since the last rewrite. */
  #appended = 0;
  /** How many records the last rewrite wrote, or the one before the last start. */
  #rewritten = 0;
  /** Why something that happened is not in it. */
  #lost: unknown;
  /** How often an append failed. */
  #failures = 0;
  #isOutdated = false;
  #rewriteError: unknown;
  #wantsRewrite = false;
  #rewriting = false;
  #said: JournalState = 'well';
  #retryMs = FIRST_RETRY_MS;
  #retryAtMs = -Infinity;

  /**
   * @param warn told once a change: what is wrong, with the way out, and that it works again
   * @param nowMs a clock that is not set
   */
  constructor(
    private readonly store: LedgerStore,
    private readonly warn: (sentence: string) => void,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /**
   * True while everything that was appended survives a crash of the process. What has just been
   * appended may be acknowledged where it is true afterwards.
   */
  get durable(): boolean {
    return this.store.durable && !this.stale;
  }

  /** True while something that happened is missing in the journal, until `tend` has mended it. */
  get stale(): boolean {
    return this.#isOutdated || this.#state === 'lost';
  }

  /** More leases than `restore` is going to read, by the length of what it reads; 0: not known. */
  get mostLeases(): number {
    return Math.floor((this.store.bytes ?? 0) / LEAST_BYTES);
  }

  /** `low`: the disk is full, and of what was reserved for the journal more than half is used up. */
  get room(): 'ok' | 'low' {
    return this.store.trouble?.kind === 'low' ? 'low' : 'ok';
  }

  /**
   * Visits what is kept, once and first. What could not be read is said.
   *
   * @throws VallumError `STORE_FAILED`
   */
  async restore(visitor: JournalVisitor): Promise<LoadSummary> {
    const summary = await this.store.load(visitor);
    const { appended, damage } = summary;
    this.#appended = appended;
    this.#rewritten = summary.records - appended;
    this.#wantsRewrite = damage !== undefined || summary.takenOver !== undefined;
    if (damage !== undefined) this.warn(describeDamage(damage));
    return summary;
  }

  append(set: SetName, columns: EntryColumns, wanted?: Uint8Array): void {
    this.#try(() => {
      this.store.append(set, columns, wanted);
    });
    this.#appended += wanted === undefined ? columns.length : countWanted(wanted, columns.length);
  }

  note(set: SetName, note: JournalNote, columns: AddressColumns): void {
    this.#try(() => {
      this.store.note(set, note, columns);
    });
    this.#appended += columns.length;
  }

  /** What the journal holds is not what is to be read from it any more: `tend` rewrites it. */
  outdate(): void {
    this.#isOutdated = true;
    this.#failures += 1;
  }

  /** What is appended while `work` runs goes to the disk in one write behind it. */
  together(work: () => void): void {
    let thrown: { readonly error: unknown } | undefined;
    this.#try(() => {
      this.store.together(() => {
        try {
          work();
        } catch (error) {
          // Not the disk's fault.
          thrown = { error };
        }
      });
    });
    if (thrown !== undefined) throw thrown.error;
  }

  /**
   * Rewrites a journal that has grown, that was damaged, or that lacks something. Called now and then:
   * every second, say.
   *
   * @param pieces everything that the journal should hold: registers first, then notes
   * @param needed how many records they come to at least: a journal that is long because the ledger is
   *   would not become shorter
   */
  async tend(pieces: () => Iterable<JournalPiece>, needed = 0): Promise<void> {
    this.#sayWhatChanged();
    if (this.#rewriting || this.nowMs() < this.#retryAtMs) return;
    if (this.stale || this.#wantsRewrite || this.#isLong(needed)) await this.#rewrite(pieces());
  }

  close(): Promise<void> {
    return this.store.close();
  }

  #isLong(needed: number): boolean {
    const slack = Math.max(SLACK_RECORDS, SLACK_SHARE * this.#rewritten);
    return this.#appended > slack && this.#rewritten + this.#appended > needed + slack;
  }

  async #rewrite(pieces: Iterable<JournalPiece>): Promise<void> {
    this.#rewriting = true;
    const failuresBefore = this.#failures;
    const appendedBefore = this.#appended;
    let records = 0;
    const counted = function* (): Generator<JournalPiece> {
      for (const piece of pieces) {
        records += piece.columns.length;
        yield piece;
      }
    };
    try {
      await this.store.replace(counted());
      this.#rewritten = records;
      this.#appended -= appendedBefore;
      this.#wantsRewrite = false;
      this.#rewriteError = undefined;
      this.#retryMs = FIRST_RETRY_MS;
      // What failed meanwhile may belong to what was written before.
      if (this.#failures === failuresBefore) {
        this.#lost = undefined;
        this.#isOutdated = false;
      }
    } catch (error) {
      this.#rewriteError = error;
      this.#retryAtMs = this.nowMs() + this.#retryMs;
      this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
    } finally {
      this.#rewriting = false;
    }
    this.#sayWhatChanged();
  }

  #try(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#lost = error;
      this.#failures += 1;
    }
    this.#sayWhatChanged();
  }

  get #state(): JournalState {
    const trouble = this.store.trouble?.kind;
    if (this.#lost !== undefined || trouble === 'lost') return 'lost';
    if (trouble === 'low') return 'low';
    return this.#rewriteError === undefined ? 'well' : 'growing';
  }

  /** Also what has changed behind our back. */
  #sayWhatChanged(): void {
    const state = this.#state;
    const before = this.#said;
    if (state === before) return;
    this.#said = state;
    if (before === 'lost') this.warn('the ledger is kept on disk again');
    switch (state) {
      case 'well':
        if (before === 'low') this.warn('the disk has room for the ledger again');
        if (before === 'growing') this.warn('the journal was rewritten');
        break;
      case 'growing':
        this.warn(
          `${messageOf(this.#rewriteError)}; until this works the journal's file keeps growing`,
        );
        break;
      case 'low':
        this.warn(
          `${messageOf(this.store.trouble?.error)}; until there is room, bans are written into what was reserved for them`,
        );
        break;
      case 'lost':
        this.warn(
          `${messageOf(this.#lost ?? this.store.trouble?.error)}; until this works again, ` +
            'what is banned and unbanned is kept in memory and in the kernel sets only',
        );
        break;
    }
  }
}

function countWanted(wanted: Uint8Array, length: number): number {
  let count = 0;
  for (let index = 0; index < length; index++) if (wanted[index] !== 0) count += 1;
  return count;
}

function describeDamage({ places, bytes, setAside }: NonNullable<LoadSummary['damage']>): string {
  const what = places === 1 ? '1 place' : `${String(places)} places`;
  const where =
    setAside === undefined
      ? 'they are kept with the old journal when it is rewritten'
      : `they are set aside in ${setAside}`;
  return `the ledger's journal is damaged in ${what}: ${String(bytes)} bytes could not be read, and ${where}; the rest was read`;
}
