import type { AddressColumns } from '../address/address-columns.js';
import type { EntryColumns } from '../message/entry-columns.js';
import type { SetName } from '../words/names.js';
import type {
  JournalNote,
  JournalPiece,
  JournalVisitor,
  LedgerStore,
  LoadSummary,
  StoreTrouble,
} from './store.js';

/** A journal is rewritten when so many records have come, and an eighth of what it began with. */
const SLACK_RECORDS = 20_000;
const SLACK_SHARE = 1 / 8;

/** Between two attempts to rewrite a journal that failed: twice as long each time, up to the last. */
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

const NOT_KEPT =
  'until this works again, what is banned and unbanned is kept in memory and in the kernel sets only';

/**
 * Writes the ledger's journal, and lives without one while the disk refuses it. Nothing here throws
 * but `restore`: what failed is said once, and `durable` tells whether the journal has it all.
 */
export class Journal {
  /** What was appended, or kept failing, since the last rewrite. */
  #appended = 0;
  /** How many records the last rewrite wrote, or the one before the last start. */
  #rewritten = 0;
  /** Something that happened is not in it: what it would bring back is not what is. */
  #stale = false;
  #failures = 0;
  #wantsRewrite = false;
  #rewriting = false;
  #said: StoreTrouble['kind'] | undefined;
  #retryMs = FIRST_RETRY_MS;
  #retryAtMs = 0;

  /** @param warn told once a change: what is wrong, with the way out, and that it works again */
  constructor(
    private readonly store: LedgerStore,
    private readonly warn: (sentence: string) => void,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /**
   * True while everything that was appended survives a crash of the process, and what is appended next
   * will. Only then may be acknowledged what was appended. Look behind the append: it may have failed.
   */
  get durable(): boolean {
    return this.store.durable && !this.stale;
  }

  /** True while something that happened is missing in the journal: `tend` is trying to mend it. */
  get stale(): boolean {
    return this.#stale || this.store.trouble?.kind === 'lost';
  }

  /** `low`: the disk is full, and only what was reserved is left. */
  get room(): 'ok' | 'low' {
    return this.store.trouble?.kind === 'low' ? 'low' : 'ok';
  }

  /**
   * Visits what is kept, once and first. Damage is said.
   *
   * @throws VallumError `STORE_FAILED`
   */
  async restore(visitor: JournalVisitor): Promise<LoadSummary> {
    const summary = await this.store.load(visitor);
    this.#appended = summary.appended;
    this.#rewritten = summary.records - summary.appended;
    this.#wantsRewrite = summary.damage !== undefined || summary.takenOver !== undefined;
    if (summary.damage !== undefined) this.warn(describeDamage(summary.damage));
    return summary;
  }

  append(set: SetName, columns: EntryColumns, wanted?: Uint8Array): void {
    this.#try(() => {
      this.store.append(set, columns, wanted);
    });
    this.#appended += columns.length;
  }

  note(set: SetName, note: JournalNote, columns: AddressColumns): void {
    this.#try(() => {
      this.store.note(set, note, columns);
    });
    this.#appended += columns.length;
  }

  /** What is appended while `work` runs goes to the disk in one write behind it. */
  together(work: () => void): void {
    let thrown: { error: unknown } | undefined;
    this.#try(() => {
      this.store.together(() => {
        try {
          work();
        } catch (error) {
          thrown = { error };
        }
      });
    });
    // What `work` throws is not the disk's fault.
    if (thrown !== undefined) throw thrown.error;
  }

  /**
   * Rewrites a journal that has grown, that was damaged, or that is stale. Called now and then.
   *
   * @param pieces everything that the journal should hold: registers first, then notes
   */
  async tend(pieces: () => Iterable<JournalPiece>): Promise<void> {
    this.#look();
    if (this.#rewriting || this.nowMs() < this.#retryAtMs) return;
    const slack = Math.max(SLACK_RECORDS, SLACK_SHARE * this.#rewritten);
    if (this.stale || this.#wantsRewrite || this.#appended > slack) await this.#rewrite(pieces());
  }

  close(): Promise<void> {
    return this.store.close();
  }

  async #rewrite(pieces: Iterable<JournalPiece>): Promise<void> {
    this.#rewriting = true;
    const { appended, failures } = { appended: this.#appended, failures: this.#failures };
    let records = 0;
    const counted = function* () {
      for (const piece of pieces) {
        records += piece.columns.length;
        yield piece;
      }
    };
    try {
      await this.store.replace(counted());
      this.#rewritten = records;
      this.#appended -= appended;
      this.#wantsRewrite = false;
      this.#retryMs = FIRST_RETRY_MS;
      // What failed meanwhile may be behind the rewrite's back.
      if (failures === this.#failures) this.#stale = false;
      this.#look();
    } catch (error) {
      this.#retryAtMs = this.nowMs() + this.#retryMs;
      this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
      if (this.stale) this.#say('lost', error);
      else this.#say('low', error);
    } finally {
      this.#rewriting = false;
    }
  }

  #try(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#stale = true;
      this.#failures += 1;
      this.#say('lost', error);
    }
    this.#look();
  }

  /** Says what has changed behind our back. */
  #look(): void {
    const { trouble } = this.store;
    if (trouble !== undefined) this.#say(trouble.kind, trouble.error);
    else if (!this.#stale) this.#sayAllIsWell();
  }

  #say(kind: StoreTrouble['kind'], error: unknown): void {
    // Of what is worse something was said already.
    if (this.#said === 'lost' || this.#said === kind) return;
    this.#said = kind;
    const message = error instanceof Error ? error.message : String(error);
    const what = kind === 'lost' ? NOT_KEPT : 'there is room for little more, kept for this';
    this.warn(`${message}; ${what}`);
  }

  #sayAllIsWell(): void {
    if (this.#said === undefined) return;
    if (this.#said === 'lost') this.warn('the ledger is kept on disk again');
    else this.warn('there is room for the ledger on the disk again');
    this.#said = undefined;
  }
}

function describeDamage({ places, bytes, setAside }: NonNullable<LoadSummary['damage']>): string {
  const what = `${String(places)} ${places === 1 ? 'place' : 'places'} in the ledger's journal`;
  const where = setAside === undefined ? '' : `, and set aside in ${setAside}`;
  return `${what} (${String(bytes)} bytes) could not be read and ${places === 1 ? 'was' : 'were'} passed over${where}; the rest was`;
}
