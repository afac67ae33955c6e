import type { SetName } from '../words/names.js';
import type { MessageSummary, OutcomeCount, Report } from './report.js';

/** Messages with more entries than this are told by a summary. */
export const MOST_TOLD_ENTRIES = 100;
/** How many of an outcome a summary names. */
const MOST_EXAMPLES = 3;

/** Who hears what became of entries. */
export interface Audience {
  report(report: Report): void;
  summary(summary: MessageSummary): void;
  /** Each entry of every message is told, and no summary. */
  readonly all: boolean;
}

export interface TellingOptions {
  /** Gets the report of every entry, at the index of its place. */
  readonly collected?: Report[];
  /** What is shown in place of an entry's number; 0: nothing. */
  readonly placeOf?: (place: number) => number;
  /** Called when every entry has been told. */
  readonly done?: () => void;
}

/** Writable while it is counted. */
interface Line {
  outcome: OutcomeCount['outcome'];
  code: string;
  action: 'ban' | 'unban';
  count: number;
  examples: Report[];
}

/**
 * Tells what became of the entries of one message in one set: each by itself where they are few, in
 * a line an outcome where they are many. Reports are made only where somebody wants to see them.
 */
export class Telling {
  /** Made when the first is counted: nearly all messages hold one entry. */
  #lines: Map<string, Line> | undefined;
  /** Of the entry that `wants` was asked about. */
  #current: Line | undefined;
  #left: number;
  /** `wants` has counted an entry that is not finished. */
  #isCounted = false;

  /**
   * @param entries how many will be told
   * @param placeWord what the places of this message count: `line 3`, `entry 2`
   */
  constructor(
    readonly via: string,
    readonly set: SetName,
    readonly entries: number,
    private readonly audience: Audience,
    private readonly placeWord: 'line' | 'entry',
    private readonly options: TellingOptions = {},
  ) {
    this.#left = entries;
    if (entries === 0) options.done?.();
  }

  /** Whether somebody waits for the report of every entry. */
  get isCollected(): boolean {
    return this.options.collected !== undefined;
  }

  /** @param place from 1; 0: the message had no other entry */
  placeOf(place: number): string | undefined {
    const shown = this.options.placeOf?.(place) ?? place;
    return shown === 0 ? undefined : `${this.placeWord} ${String(shown)}`;
  }

  get #isSummed(): boolean {
    return this.entries > MOST_TOLD_ENTRIES && !this.audience.all;
  }

  /**
   * Counts the outcome of one entry. Where it answers true, `tell` has to follow at once.
   *
   * @param action of what was asked for
   */
  wants(outcome: OutcomeCount['outcome'], action: 'ban' | 'unban', code = ''): boolean {
    let wanted = true;
    this.#isCounted = true;
    if (this.#isSummed) {
      const line = this.#line(outcome, action, code);
      line.count += 1;
      this.#current = line;
      wanted = line.examples.length < MOST_EXAMPLES || this.isCollected;
    }
    if (!wanted) this.#finishOne();
    return wanted;
  }

  /** Entries that have not been told. */
  get left(): number {
    return this.#left;
  }

  /** In place of an entry's report, which could not be made or not be given. */
  fail(report: Extract<Report, { outcome: 'failed' }>, place: number): void {
    const before = this.#left;
    try {
      if (this.#isCounted || this.wants('failed', report.action, report.code)) {
        this.tell(report, place);
      }
    } catch {
      // Nobody can be told. Others wait for the end of it all the same.
      if (this.#left === before) this.#finishOne();
    }
  }

  /** @param place of the entry in its message, from 1 */
  tell(report: Report, place: number): void {
    if (this.options.collected !== undefined) {
      this.options.collected[Math.max(place - 1, 0)] = report;
    }
    if (this.#isSummed) {
      const examples = this.#current?.examples ?? [];
      if (examples.length < MOST_EXAMPLES) examples.push(report);
    } else if (report.outcome !== 'repeated' || this.audience.all) {
      this.audience.report(report);
    }
    this.#finishOne();
  }

  #line(outcome: OutcomeCount['outcome'], action: 'ban' | 'unban', code: string): Line {
    const key = `${outcome} ${action} ${code}`;
    const lines = (this.#lines ??= new Map<string, Line>());
    let line = lines.get(key);
    if (line === undefined) {
      line = { outcome, code, action, count: 0, examples: [] };
      lines.set(key, line);
    }
    return line;
  }

  #finishOne(): void {
    this.#left -= 1;
    this.#isCounted = false;
    if (this.#left > 0) return;
    try {
      if (this.#isSummed) this.#sumUp();
    } finally {
      this.options.done?.();
    }
  }

  #sumUp(): void {
    this.audience.summary({
      via: this.via,
      set: this.set,
      entries: this.entries,
      outcomes: [...(this.#lines?.values() ?? [])].map(({ code, ...line }) =>
        code === '' ? line : { ...line, code },
      ),
    });
  }
}
