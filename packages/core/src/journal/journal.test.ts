import { describe, expect, it } from '@jest/globals';
import type { Address } from '../address/address.js';
import { parseAddress } from '../address/parse.js';
import { VallumError } from '../words/errors.js';
import { Ledger } from '../ledger/ledger.js';
import type { LedgerRecord } from '../ledger/record.js';
import type { LedgerStore } from './store.js';
import type { SetName } from '../words/names.js';
import { Journal } from './journal.js';

const set = 'blacklist' as SetName;

function at(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

/** A disk that can be full, and that takes its time to be rewritten. */
class Disk implements LedgerStore {
  readonly durable = true;
  full = false;
  records: LedgerRecord[] = [];
  rewrites = 0;
  /** Called while a rewrite is under way. */
  meanwhile: () => void = () => undefined;

  load() {
    return Promise.resolve([...this.records]);
  }
  append(records: readonly LedgerRecord[]) {
    this.#check();
    this.records.push(...records);
  }
  async replace(records: readonly LedgerRecord[]) {
    const before = this.records.length;
    await Promise.resolve();
    this.meanwhile();
    this.#check();
    this.rewrites += 1;
    this.records = [...records, ...this.records.slice(before)];
  }
  close() {
    return Promise.resolve();
  }
  #check() {
    if (this.full) {
      throw new VallumError('cannot write: no space left', {
        code: 'STORE_FAILED',
        operation: 'write',
      });
    }
  }
}

function setUp(disk = new Disk()) {
  const ledger = new Ledger();
  const warnings: string[] = [];
  const journal = new Journal(disk, ledger, (sentence) => warnings.push(sentence));
  const ban = (text: string) => {
    ledger.record(set, at(text), { origin: '', until: 'never' });
    journal.keep([{ op: 'ban', set, address: at(text).text, origin: '', until: 'never' }]);
  };
  const kept = () => disk.records.map(({ address }) => address);
  return { disk, ledger, journal, warnings, ban, kept };
}

describe('the journal of the journal', () => {
  it('warns once when the disk is full, and is not durable until it has caught up', async () => {
    const { disk, journal, warnings, ban, kept } = setUp();
    await journal.restore();
    expect(journal.durable).toBe(true);
    ban('192.0.2.1');
    disk.full = true;
    ban('192.0.2.2');
    ban('192.0.2.3');
    await journal.tend();
    expect(journal.durable).toBe(false);
    expect(warnings).toEqual([
      'cannot write: no space left; until this works again, bans are kept in memory and in the kernel sets only',
    ]);
    disk.full = false;
    disk.meanwhile = () => {
      ban('192.0.2.4');
    };
    await journal.tend();
    expect(journal.durable).toBe(true);
    expect(warnings[1]).toBe('the ledger is kept on disk again');
    expect(kept()).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']);
    ban('192.0.2.5');
    expect(kept()).toHaveLength(5);
  });

  it('goes on when a store throws what is no VallumError', () => {
    const disk = new Disk();
    disk.append = () => {
      throw new TypeError('oops');
    };
    const { journal, warnings, ban } = setUp(disk);
    ban('192.0.2.1');
    expect(journal.durable).toBe(false);
    expect(warnings[0]).toMatch(/^oops; until this works/);
  });

  it('restores what the store holds, and writes the shortest journal of it', async () => {
    const disk = new Disk();
    const before = setUp(disk);
    before.ban('192.0.2.1');
    before.ban('192.0.2.1');
    const { ledger, journal, kept } = setUp(disk);
    await journal.restore();
    expect(ledger.ban(set, at('192.0.2.1'))).toBeDefined();
    expect(kept()).toEqual(['192.0.2.1']);
  });

  it('shortens a journal that has grown, and leaves alone one that has not', async () => {
    const { disk, journal, ban, kept } = setUp();
    await journal.restore();
    for (let n = 0; n < 20_000; n += 1) ban('192.0.2.1');
    await journal.tend();
    expect(disk.rewrites).toBe(1);
    ban('192.0.2.1');
    await journal.tend();
    expect(disk.rewrites).toBe(2);
    expect(kept()).toEqual(['192.0.2.1']);
  });
});
