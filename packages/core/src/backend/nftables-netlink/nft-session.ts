import type { Address } from '../../address/address.js';
import {
  AnswerLostError,
  ENOENT,
  ERESTART,
  MessageWriter,
  type Acknowledgement,
  type Answer,
  type NetlinkConnection,
} from '../../netlink/index.js';
import { inTurn } from '../in-turn.js';
import { beginBatch, endBatch, pinBatch } from './write-batch.js';
import { readGeneration, readSet } from './read-answers.js';
import { refused } from './refusal.js';
import type { NftSet } from '../nftables/set-driver.js';
import type { TableAddress } from '../nftables/table-address.js';
import { writeGetElement, writeGetGeneration, writeGetSet } from './write-requests.js';

const QUESTION_LENGTH = 1024;
/** Some 16,000 IPv6 addresses with timeouts. */
const BATCH_LENGTH = 1024 * 1024;
const MAX_SPARE_WRITERS = 2;
const MAX_ATTEMPTS = 3;
/** The kernel takes it for any; only before anything has been asked about. */
const NO_GENERATION = 0;
/** What was known of the set was forgotten before the transaction was begun. */
const BYGONE = -1;

/** A transaction that is being written, and what it relies on. */
export interface Transaction {
  readonly writer: MessageWriter;
  readonly first: number;
  readonly epoch: number;
  /** The generation that it names. */
  readonly generation: number;
}

/** The errors of one transaction: none says that it was committed. `stale`: nothing was even tried. */
export type BatchOutcome = 'stale' | readonly Acknowledgement[];

/**
 * One connection to nf_tables, and what it knows of the ruleset.
 *
 * Every change of any table counts the ruleset's generation up. A transaction names the generation
 * that it was made for, so that what has been found out about sets (families, flags, where they are
 * at all) is either still true, or the kernel refuses. So sets need not be asked about each time:
 * a change costs one system call, and is as sure as if the ruleset were locked.
 */
export class NftSession {
  readonly connection: NetlinkConnection;
  readonly table: TableAddress;
  /**
   * Runs `work` when the connection is free. The kernel carries out one transaction at a time
   * whatever sockets they come from, so all share this connection: who has many waits between them
   * for who has one.
   */
  readonly inTurn = inTurn();
  readonly #spareWriters: MessageWriter[] = [];
  readonly #question = new MessageWriter(QUESTION_LENGTH);
  readonly #sets = new Map<string, NftSet>();
  #generation: number | undefined;
  /** A transaction that had nothing to do does not count up. */
  #generationBefore: number | undefined;
  #epoch = 0;

  constructor(connection: NetlinkConnection, table: TableAddress) {
    this.connection = connection;
    this.table = table;
  }

  /** Lends a buffer for a transaction; `giveBack` it. */
  lendWriter(): MessageWriter {
    return this.#spareWriters.pop() ?? new MessageWriter(BATCH_LENGTH);
  }

  giveBack(writer: MessageWriter): void {
    // More than two only where several sets had many changes at once.
    if (this.#spareWriters.length < MAX_SPARE_WRITERS) this.#spareWriters.push(writer);
  }

  recall(name: string): NftSet | undefined {
    return this.#sets.get(name);
  }

  forget(name: string): void {
    this.#sets.delete(name);
  }

  /** Counts how often somebody else has changed a ruleset. In a turn. @throws NetlinkError */
  epoch(): number {
    const answer = this.#query((writer, sequence) =>
      writeGetGeneration(writer, this.table, sequence),
    );
    if (!answer.ok) throw refused('nft generation', this.table.table, answer.refusal);
    const generation = readGeneration(answer.message);
    if (generation !== this.#generation && generation !== this.#generationBefore) {
      this.#epoch++;
      this.#sets.clear();
    }
    this.#generation = generation;
    this.#generationBefore = generation;
    return this.#epoch;
  }

  /** In a turn. @throws NetlinkError */
  describe(name: string): NftSet | undefined {
    // In this order: a set that changes in between is of a generation that no transaction will name.
    this.epoch();
    const answer = this.#query((writer, sequence) =>
      writeGetSet(writer, this.table, sequence, name),
    );
    if (answer.ok) {
      const set = readSet(name, answer.message);
      this.#sets.set(name, set);
      return set;
    }
    this.#sets.delete(name);
    if (answer.refusal.errno === ENOENT) return undefined;
    throw refused('nft list set', name, answer.refusal);
  }

  /** In a turn. @throws NetlinkError */
  holds(name: string, address: Address): boolean {
    const answer = this.#query((writer, sequence) =>
      writeGetElement(writer, this.table, sequence, name, address),
    );
    if (answer.ok) return true;
    if (answer.refusal.errno === ENOENT) return false;
    throw refused('nft get element', name, answer.refusal);
  }

  /**
   * Starts a transaction that relies on what is known now of a set. Its messages, numbered from
   * `connection.nextSequence()`, go into its writer; `commit` ends and sends it.
   *
   * @param writer where it is written, so that one can be written while the kernel reads another
   * @param set as `describe` or `recall` told; undefined: it is to be made
   */
  begin(writer: MessageWriter, set?: NftSet): Transaction {
    const isKnown = set === undefined || this.#sets.get(set.name) === set;
    const first = this.connection.nextSequence();
    const generation = this.#generation ?? NO_GENERATION;
    beginBatch(writer, first, generation);
    return { writer, first, epoch: isKnown ? this.#epoch : BYGONE, generation };
  }

  /**
   * Carries a transaction out, in a turn of its own.
   *
   * @param large whether the kernel works on another thread
   */
  commit(transaction: Transaction, large: boolean): Promise<BatchOutcome> {
    return this.inTurn(() => this.#commit(transaction, large));
  }

  async #commit(
    { writer, first, epoch, generation }: Transaction,
    large: boolean,
  ): Promise<BatchOutcome> {
    const last = this.connection.nextSequence();
    const bytes = endBatch(writer, last);
    let pinned = generation;
    for (let attempt = 1; ; attempt++) {
      // What it was written for may have gone while it waited for the one before.
      if (epoch !== this.#epoch) return 'stale';
      if (this.#generation !== undefined && this.#generation !== pinned) {
        pinned = this.#generation;
        pinBatch(bytes, pinned);
      }
      try {
        const errors = large
          ? await this.connection.executeBatchOnThread(bytes, first, last)
          : this.connection.executeBatch(bytes, first, last);
        if (errors.some(({ errno }) => errno === ERESTART)) {
          if (this.epoch() === epoch && attempt < MAX_ATTEMPTS) continue;
          return 'stale';
        }
        if (errors.length === 0) this.#countUp();
        return errors;
      } catch (error) {
        // Errors were lost, so that nothing was committed: a commit has none. Buffers have grown.
        if (!(error instanceof AnswerLostError) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  #countUp(): void {
    if (this.#generation === undefined) return;
    this.#generationBefore = this.#generation;
    this.#generation = this.#generation === 0xffff_ffff ? 1 : this.#generation + 1;
  }

  /** Asks for something that changes nothing, so again where the answer was lost. */
  #query(write: (writer: MessageWriter, sequence: number) => Uint8Array): Answer {
    for (let attempt = 1; ; attempt++) {
      try {
        const sequence = this.connection.nextSequence();
        return this.connection.query(write(this.#question, sequence), sequence);
      } catch (error) {
        if (!(error instanceof AnswerLostError) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }
}
