import type { Clock, ConnectionState, VallumStatus } from '@vallum/core';
import type { LogEntry } from '../log.js';
import { NO_CONTACT, type ContactRecord, type Missed } from './contact-record.js';
import { describeMissed } from './describe-missed.js';

export interface ContactOptions {
  readonly clock: Clock;
  readonly write: (entry: LogEntry) => void;
  /** What an earlier life of this node has kept; undefined: it is a new one. */
  readonly kept: ContactRecord | undefined;
  /** Keeps it for the next life, and for the doctor. */
  readonly keep: (record: ContactRecord) => Promise<void>;
  /** Whether what was missed is asked of other nodes. */
  readonly repair: boolean;
  /** Nobody can have sent anything while this process was not there: it is the broker. */
  readonly isOwnBroker: boolean;
  /** Something changed that others are told; not called for connections, after which all is told anew. */
  readonly changed: () => void;
}

const EVERY_MS = 60_000;
/** Pulls come in pieces: what they bring is told in one sentence. */
const SETTLED_MS = 10_000;
/** What comes so soon after something of its kind belongs to it. */
const TOGETHER_SECONDS = 600;
const MOST_MISSED = 8;

/** Knows when messages of this node were lost: a session that was not kept, a queue that overflowed. */
export class Contact {
  readonly #options: ContactOptions;
  #record: ContactRecord;
  /** What others know is no loss to who has just come, until one of them agrees. */
  #isNew: boolean;
  #taken = 0;
  #agreed: number | undefined;
  /** The broker had kept the session over this time. */
  #resumed: Pick<Missed, 'from' | 'until'> | undefined;
  #untold = false;
  #cancelTell: (() => void) | undefined;
  #cancelKeep: (() => void) | undefined;
  #keeping: Promise<void> = Promise.resolve();
  #saidUnkept = false;

  constructor(options: ContactOptions) {
    this.#options = options;
    this.#record = { ...(options.kept ?? NO_CONTACT), connected: false };
    this.#isNew = options.kept?.seen === undefined;
  }

  get record(): ContactRecord {
    return this.#record;
  }

  connection(state: ConnectionState): void {
    const now = this.#nowUnix;
    if (state.state !== 'connected') {
      if (!this.#record.connected) return;
      this.#cancelKeep?.();
      this.#set({ connected: false, seen: now });
      return;
    }
    const { seen } = this.#record;
    this.#set({ connected: true, seen: now });
    this.#keepOn();
    if (seen === undefined || this.#options.isOwnBroker) return;
    const away = { from: Math.min(seen, now), until: now };
    this.#resumed = state.sessionPresent ? away : undefined;
    if (state.sessionPresent) return;
    this.#miss({ why: 'session', ...away, taken: 0 });
    this.#tell();
  }

  received(topic: string): void {
    const minute = Math.floor(this.#nowUnix / 60) * 60;
    this.#set({ received: { ...this.#record.received, [topic]: minute } });
    this.#options.changed();
  }

  /** What is taken from other nodes had not come as a message. */
  ledgers(ledgers: VallumStatus['ledgers']): void {
    if (ledgers.length === 0) return;
    const taken = ledgers.reduce((sum, ledger) => sum + ledger.taken, 0);
    // It begins anew where topics change.
    const more = taken < this.#taken ? taken : taken - this.#taken;
    this.#taken = taken;
    if (more > 0 && !this.#isNew) this.#takeMore(more);
    const agreed = Math.min(...ledgers.map(({ agreedAtUnix }) => agreedAtUnix ?? -Infinity));
    if (!Number.isFinite(agreed)) return;
    this.#isNew = false;
    this.#agreed = Math.floor(agreed);
    this.#settle(this.#agreed);
  }

  /** The administrator knows, and has had everything compared. */
  acknowledge(): void {
    if (this.#record.missed.length === 0) return;
    this.#set({ missed: [] });
    this.#options.changed();
  }

  /** Says what is not said yet, and keeps what is known. */
  async stop(): Promise<void> {
    this.#cancelKeep?.();
    if (this.#untold) this.#tell();
    if (this.#record.connected) this.#set({ connected: false, seen: this.#nowUnix });
    await this.#keeping;
  }

  get #nowUnix(): number {
    return Math.floor(this.#options.clock.nowMs() / 1000);
  }

  #takeMore(count: number): void {
    const now = this.#nowUnix;
    const last = this.#record.missed.at(-1);
    const isOpen = last?.agreed === undefined;
    if (last && (isOpen || (last.why === 'messages' && now - last.until < TOGETHER_SECONDS))) {
      const { agreed: _, ...rest } = last;
      const until = last.why === 'messages' ? now : last.until;
      this.#replaceLast({ ...rest, until, taken: last.taken + count });
    } else {
      const resumed =
        this.#resumed && now - this.#resumed.until < TOGETHER_SECONDS ? this.#resumed : undefined;
      const from = resumed?.from ?? this.#agreed ?? now;
      this.#miss({ why: 'messages', from: Math.min(from, now), until: now, taken: count });
    }
    if (this.#record.missed.at(-1)?.why === 'messages') this.#tellSoon();
    this.#options.changed();
  }

  #settle(agreed: number): void {
    const { missed } = this.#record;
    if (missed.every((one) => one.agreed !== undefined || one.until > agreed)) return;
    this.#set({
      missed: missed.map((one) =>
        one.agreed !== undefined || one.until > agreed ? one : { ...one, agreed },
      ),
    });
    this.#options.changed();
  }

  #miss(missed: Missed): void {
    this.#set({ missed: [...this.#record.missed, missed].slice(-MOST_MISSED) });
  }

  #replaceLast(missed: Missed): void {
    this.#set({ missed: [...this.#record.missed.slice(0, -1), missed] });
  }

  #tellSoon(): void {
    this.#untold = true;
    this.#cancelTell?.();
    this.#cancelTell = this.#options.clock.after(SETTLED_MS, () => {
      this.#tell();
    });
  }

  #tell(): void {
    this.#untold = false;
    this.#cancelTell?.();
    const missed = this.#record.missed.at(-1);
    if (!missed) return;
    this.#options.write({
      level: 'warning',
      event: 'missed',
      message: describeMissed(missed, this.#options.repair),
      fields: { ...missed },
    });
  }

  #set(part: Partial<ContactRecord>): void {
    this.#record = { ...this.#record, ...part };
    this.#keep();
  }

  /** Tells how long the connection has stood where this process ends without a word. */
  #keepOn(): void {
    this.#cancelKeep?.();
    this.#cancelKeep = this.#options.clock.after(EVERY_MS, () => {
      this.#record = { ...this.#record, seen: this.#nowUnix };
      this.#keep();
      this.#keepOn();
    });
  }

  #keep(): void {
    const { keep, write } = this.#options;
    const record = this.#record;
    this.#keeping = this.#keeping
      .then(() => keep(record))
      .catch((error: unknown) => {
        if (this.#saidUnkept) return;
        this.#saidUnkept = true;
        const detail = error instanceof Error ? error.message : String(error);
        const message = `when this node was last connected cannot be kept: ${detail}`;
        write({ level: 'warning', event: 'contact-not-kept', message });
      });
  }
}
