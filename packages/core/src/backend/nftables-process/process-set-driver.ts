import type { Address } from '../../address/address.js';
import { VallumError } from '../../words/errors.js';
import type { Run, RunResult } from '../../system/run.js';
import { APPLIED } from '../backend.js';
import type { ColumnVerdicts } from '../column-verdicts.js';
import { MemberBatches } from '../member-batches.js';
import { isClosed } from '../programs.js';
import type {
  CreatePlan,
  ElementChanges,
  IntervalOutcome,
  NftElement,
  NftSet,
  Piece,
  SetDriver,
  SetUse,
} from '../nftables/set-driver.js';
import type { Interval } from '../../address/position.js';
import type { TableAddress } from '../nftables/table-address.js';
import { createLines, elementLines, intervalLines, separator } from './compose-script.js';
import {
  describeEnd,
  explainSpawnFailure,
  judgeMessage,
  refusalOf,
  runError,
} from './nft-failure.js';
import { parseIntervals, parseSingles, parseTable, type TableListing } from './parse-listing.js';
import { readLineErrors, translateNftMessage } from './translate-nft-message.js';

/** So many transactions may each find another bad line before it is given up. */
const MAX_ATTEMPTS = 10;
/** In one script: nft needs some 2 KiB for each. */
const MAX_CHANGES = 8192;

const NO_END = `nft named another bad line each of ${MAX_ATTEMPTS} times`;

/** Reaches the sets of one table through the program nft. */
export class ProcessSetDriver implements SetDriver {
  /** nft reads all of the set first, each time. */
  readonly intervalChangesAtOnce = { first: 262_144, most: 262_144 };
  readonly #program: string;
  readonly #run: Run;
  readonly #table: TableAddress;
  #listing: TableListing | undefined;

  constructor(program: string, run: Run, table: TableAddress) {
    this.#program = program;
    this.#run = run;
    this.#table = table;
  }

  async describe(name: string): Promise<NftSet | undefined> {
    this.#listing = await this.#list(`nft list set ${name}`);
    return this.#listing.sets.get(name);
  }

  /** nft reads the ruleset by itself before it changes anything: what it is told cannot be misread. */
  recall(name: string): NftSet | undefined {
    return this.#listing?.sets.get(name);
  }

  forget(): void {
    this.#listing = undefined;
  }

  epoch(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async singles(set: NftSet): Promise<MemberBatches> {
    const batches = new MemberBatches();
    if (set.family !== undefined) parseSingles(await this.#listSet(set), set.family, batches);
    return batches;
  }

  async intervals(set: NftSet): Promise<NftElement[]> {
    return parseIntervals(await this.#listSet(set));
  }

  async holds({ name }: NftSet, address: Address): Promise<boolean> {
    const { family, table } = this.#table;
    const operation = `nft get element ${name}`;
    const args = ['get', 'element', family, table, name, '{', address.text, '}'];
    const result = await this.#guard(operation, () => this.#run(this.#program, args));
    if (result.code === 0) return true;
    if (translateNftMessage(result.stderr) === 'absent') return false;
    throw runError(result, operation);
  }

  async uses(): Promise<ReadonlyMap<string, SetUse>> {
    const { references } = await this.#list('nft list rules');
    return new Map([...references].map(([set, rules]) => [set, { rules }]));
  }

  async changeElements(elements: ElementChanges, verdicts: ColumnVerdicts): Promise<void> {
    const { rows } = elements;
    for (let start = 0; start < rows.length; start += MAX_CHANGES) {
      const part = rows.subarray(start, start + MAX_CHANGES);
      await this.#changePart({ ...elements, rows: part }, verdicts);
      if (part.some((row) => verdicts.isPending(row))) return;
    }
  }

  async #changePart(elements: ElementChanges, verdicts: ColumnVerdicts): Promise<void> {
    const { columns } = elements;
    let rest = [...elements.rows];
    for (let attempt = 0; attempt < MAX_ATTEMPTS && rest.length > 0; attempt++) {
      const lines: string[] = [];
      const owners: number[] = [];
      for (const row of rest) {
        for (const line of elementLines(this.#table, elements, row)) {
          lines.push(line);
          owners.push(row);
          if (attempt === 0) continue;
          lines.push(separator(this.#table));
          owners.push(row);
        }
      }
      let result: RunResult;
      try {
        result = await this.#script(lines);
      } catch (cause) {
        if (isClosed(cause)) throw cause;
        const detail = explainSpawnFailure(this.#program, cause);
        for (const row of rest) verdicts.fail(row, 'unavailable', detail);
        return;
      }
      const errors = result.code === 0 ? undefined : readLineErrors(result.stderr);
      if (errors === undefined) {
        for (const row of rest) verdicts.outcomes[row] = APPLIED;
        return;
      }
      // The first time they only say that some line is bad.
      if (attempt === 0 && errors.size > 0 && rest.length > 1) continue;
      for (const [line, message] of errors) {
        const row = owners[line - 1];
        if (row === undefined) continue;
        if (['missing', 'wrong-family'].includes(translateNftMessage(message))) {
          // The sets are not what they were.
          this.forget();
          return;
        }
        if (verdicts.isPending(row)) judgeMessage(verdicts, columns, row, message);
      }
      if (errors.size === 0) {
        const end = describeEnd(result);
        for (const row of rest) judgeMessage(verdicts, columns, row, end);
      }
      rest = rest.filter((row) => verdicts.isPending(row));
    }
    for (const row of rest) verdicts.fail(row, 'unknown', NO_END);
  }

  prepareIntervals(
    set: NftSet,
    removed: readonly Interval[],
    added: readonly Piece[],
    nowMs: number,
  ): Promise<() => Promise<IntervalOutcome>> {
    const { family } = set;
    const lines =
      family === undefined
        ? undefined
        : intervalLines(this.#table, set, family, removed, added, nowMs);
    return Promise.resolve(() => this.#changeIntervals(lines));
  }

  async #changeIntervals(lines: readonly string[] | undefined): Promise<IntervalOutcome> {
    if (lines === undefined) return 'stale';
    let result: RunResult;
    try {
      result = await this.#script(lines);
    } catch (cause) {
      if (isClosed(cause)) throw cause;
      const detail = explainSpawnFailure(this.#program, cause);
      return { fault: 'unavailable', detail };
    }
    if (result.code === 0) return 'done';
    switch (translateNftMessage(result.stderr)) {
      case 'missing':
      case 'wrong-family':
        this.forget();
        return 'stale';
      case 'absent':
      case 'exists':
      case 'overlaps':
        return 'mismatch';
      default:
        return refusalOf(describeEnd(result));
    }
  }

  async create(plan: CreatePlan): Promise<'created' | 'exists'> {
    const operation = `nft add set ${plan.spec.set}`;
    const { sets, references, ruledChains } = await this.#list(operation);
    if (sets.has(plan.spec.set)) return 'exists';
    const lines = createLines(this.#table, plan, {
      sets: new Set(references.keys()),
      chains: ruledChains,
    });
    const result = await this.#guard(operation, () => this.#script(lines));
    this.forget();
    if (result.code === 0) return 'created';
    if (translateNftMessage(result.stderr) === 'exists') {
      if ((await this.describe(plan.spec.set)) !== undefined) return 'exists';
    }
    throw runError(result, operation);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Sets and rules of the table, without what the sets hold; a table that is missing has none. */
  async #list(operation: string): Promise<TableListing> {
    const { family, table } = this.#table;
    const args = ['-t', '-j', 'list', 'table', family, table];
    const result = await this.#guard(operation, () => this.#run(this.#program, args));
    const listing = result.code === 0 ? parseTable(result.stdout) : undefined;
    if (listing !== undefined) return listing;
    if (translateNftMessage(result.stderr) === 'missing') {
      return { sets: new Map(), references: new Map(), ruledChains: new Set() };
    }
    throw runError(result, operation);
  }

  async #listSet({ name }: NftSet): Promise<string> {
    const { family, table } = this.#table;
    const operation = `nft list set ${name}`;
    const args = ['-j', 'list', 'set', family, table, name];
    const result = await this.#guard(operation, () => this.#run(this.#program, args));
    if (result.code === 0) return result.stdout;
    throw runError(result, operation);
  }

  #script(lines: readonly string[]): Promise<RunResult> {
    return this.#run(this.#program, ['-f', '-'], { input: `${lines.join('\n')}\n` });
  }

  async #guard(operation: string, start: () => Promise<RunResult>): Promise<RunResult> {
    try {
      return await start();
    } catch (cause) {
      const message = `${operation}: ${explainSpawnFailure(this.#program, cause)}`;
      const code = cause instanceof VallumError ? cause.code : 'BACKEND_UNAVAILABLE';
      throw new VallumError(message, { code, operation, cause });
    }
  }
}
