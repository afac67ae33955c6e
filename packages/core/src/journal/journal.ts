import type { Ledger } from '../ledger/ledger.js';
import type { LedgerRecord } from '../ledger/record.js';
import type { LedgerStore } from './store.js';

/** A journal is rewritten when this many records have come, and as many as it began with. */
const SLACK_RECORDS = 20_000;

/** Writes the ledger's journal, and lives without one while the disk refuses it. */
export class Journal {
  #written = 0;
  #rewrittenTo = 0;
  #failing = false;
  #rewriting = false;
  #gathered: LedgerRecord[] | undefined;

  constructor(
    private readonly store: LedgerStore,
    private readonly ledger: Ledger,
    private readonly warn: (sentence: string) => void,
  ) {}

  /** True while what `keep` took survives a crash of the process. */
  get durable(): boolean {
    return this.store.durable && !this.#failing;
  }

  async restore(): Promise<void> {
    this.ledger.replay(await this.store.load());
    await this.#rewrite();
  }

  /** What `keep` is given while this runs goes to the disk in one write behind it. */
  together(work: () => void): void {
    const records: LedgerRecord[] = [];
    this.#gathered = records;
    try {
      work();
    } finally {
      this.#gathered = undefined;
      if (records.length > 0) this.keep(records);
    }
  }

  keep(records: readonly LedgerRecord[]): void {
    if (this.#gathered !== undefined) {
      for (const record of records) this.#gathered.push(record);
      return;
    }
    try {
      // While the disk refuses, the ledger in memory goes on; the rewrite brings it all, and what
      // comes during the rewrite has to be appended behind it.
      if (!this.#failing || this.#rewriting) this.store.append(records);
      this.#written += records.length;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Mends a journal that was refused, and shortens one that has grown. Called now and then. */
  async tend(): Promise<void> {
    if (this.#rewriting) return;
    const slack = Math.max(SLACK_RECORDS, this.#rewrittenTo);
    if (this.#failing || this.#written > slack) await this.#rewrite();
  }

  async #rewrite(): Promise<void> {
    this.#rewriting = true;
    try {
      const records = this.ledger.records();
      await this.store.replace(records);
      this.#rewrittenTo = records.length;
      this.#written = 0;
      if (this.#failing) this.warn('the ledger is kept on disk again');
      this.#failing = false;
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#rewriting = false;
    }
  }

  #fail(error: unknown): void {
    if (!this.#failing) this.warn(describe(error));
    this.#failing = true;
  }
}

function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `${message}; until this works again, bans are kept in memory and in the kernel sets only`;
}
