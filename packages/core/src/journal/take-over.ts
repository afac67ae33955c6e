import { join } from 'node:path';
import { addressColumns } from '../address/address-columns.js';
import type { Address, Family } from '../address/address.js';
import { AS_THE_SET_SAYS, BAN, NO_END_NAMED, OWN_STAMP, UNBAN } from '../message/entry-columns.js';
import { EntryBatch } from '../message/entry-batch.js';
import type { Disk } from '../system/disk.js';
import { TimeSlice } from '../system/time-slice.js';
import type { SetName } from '../words/names.js';
import { decodeOldRecord, type OldRecord } from './decode-old-record.js';
import { MAX_ROWS } from './frame.js';
import { readLines } from './read-lines.js';
import type { SetAside } from './set-aside.js';
import { codeOf, storeError } from './store-error.js';
import type { JournalVisitor } from './store.js';

/** The journal of versions up to 0.3, in the state folder: one JSON record a line. */
export const OLD_JOURNAL = 'ledger.jsonl';
/** What it is called once it is taken over. Whoever goes back to 0.3 gives it its old name. */
export const OLD_JOURNAL_TAKEN_OVER = `${OLD_JOURNAL}.taken-over`;

/** No line of it is shorter, so that a file has no more records than this says. */
const SHORTEST_LINE = 32;

export interface TakenOver {
  readonly path: string;
  readonly records: number;
  readonly tornBytes: number;
}

/**
 * Visits the records of an old journal as entries that this node stamped itself: in their order, a
 * thousandth of a millisecond apart, all before the file was last written. So they are older than
 * whatever comes, and taking them over twice is as good as once.
 *
 * @returns undefined where there is none
 * @throws VallumError `STORE_FAILED`
 */
export async function takeOver(
  disk: Disk,
  folder: string,
  visitor: JournalVisitor,
  aside: SetAside,
  nowMs: number,
): Promise<TakenOver | undefined> {
  const path = join(folder, OLD_JOURNAL);
  let descriptor: number;
  try {
    descriptor = await disk.open(path, 'read');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw storeError(`read ${path}`, cause);
  }
  try {
    const { size, modifiedMs } = await disk.status(descriptor);
    const firstStamp = Math.min(modifiedMs, nowMs) - size / SHORTEST_LINE / 1000;
    const gathered = new GatheredRecords(visitor, firstStamp);
    const slice = new TimeSlice();
    let tornBytes = 0;
    let wasDamaged = false;
    for await (const { bytes, isLast } of readLines(disk, descriptor)) {
      const record = decodeOldRecord(Buffer.from(bytes).toString('utf8'));
      if (record !== undefined) {
        gathered.add(record);
      } else if (bytes.length > 0) {
        if (isLast) tornBytes = bytes.length;
        else await aside.add(Buffer.concat([bytes, LINE_FEED]), !wasDamaged);
      }
      wasDamaged = record === undefined;
      if (slice.isOver) await slice.breathe();
    }
    gathered.flush();
    return { path, records: gathered.records, tornBytes };
  } catch (cause) {
    throw storeError(`read ${path}`, cause);
  } finally {
    disk.closeNow(descriptor);
  }
}

const LINE_FEED = /* @__PURE__ */ Buffer.from('\n');

/** Gathers records for one call of the visitor, as long as their order allows. */
class GatheredRecords {
  records = 0;
  /** By family and set. */
  readonly #entries = new Map<string, { set: SetName; batch: EntryBatch }>();
  readonly #cleared = new Map<string, { set: SetName; family: Family; addresses: Address[] }>();

  constructor(
    private readonly visitor: JournalVisitor,
    private readonly firstStamp: number,
  ) {}

  add(record: OldRecord): void {
    const key = `${record.address.family} ${record.set}`;
    if (record.op === 'cleared') {
      this.#flushEntries();
      this.#addCleared(key, record);
    } else {
      this.#flushCleared();
      this.#addEntry(key, record);
    }
    this.records += 1;
  }

  flush(): void {
    this.#flushEntries();
    this.#flushCleared();
  }

  #addEntry(key: string, { op, set, address, origin, until, reason }: OldRecord): void {
    let entries = this.#entries.get(key);
    if (entries === undefined) {
      entries = { set, batch: new EntryBatch(address.family) };
      this.#entries.set(key, entries);
    }
    const noEnd = op === 'ban' && until === AS_THE_SET_SAYS;
    entries.batch.push(address, {
      action: op === 'ban' ? BAN : UNBAN,
      flags: OWN_STAMP + (noEnd ? NO_END_NAMED : 0),
      origin,
      until,
      stamp: this.firstStamp + this.records / 1000,
      reason,
      message: 0,
      place: 0,
    });
    if (entries.batch.length === MAX_ROWS) this.#flushEntries();
  }

  #addCleared(key: string, { set, address }: OldRecord): void {
    let cleared = this.#cleared.get(key);
    if (cleared === undefined) {
      cleared = { set, family: address.family, addresses: [] };
      this.#cleared.set(key, cleared);
    }
    cleared.addresses.push(address);
    if (cleared.addresses.length === MAX_ROWS) this.#flushCleared();
  }

  #flushEntries(): void {
    for (const { set, batch } of this.#entries.values()) {
      this.visitor.entries(set, withKeepUntils(batch));
    }
    this.#entries.clear();
  }

  #flushCleared(): void {
    for (const { set, family, addresses } of this.#cleared.values()) {
      this.visitor.cleared(set, addressColumns(family, addresses));
    }
    this.#cleared.clear();
  }
}

function withKeepUntils(batch: EntryBatch) {
  const { family, length, words, prefixLengths, actions, flags, origins } = batch;
  const { untils, stamps, reasons, originNames, reasonTexts } = batch;
  const keepUntils = new Float64Array(length);
  return {
    ...{ family, length, words, prefixLengths, actions, flags, origins, untils, stamps, reasons },
    ...{ keepUntils, originNames, reasonTexts },
  };
}
