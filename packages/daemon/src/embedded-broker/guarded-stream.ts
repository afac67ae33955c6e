import { Duplex } from 'node:stream';
import { LIMITS } from './limits.js';
import type { PacketBounds } from './packet-bounds.js';

/** A look at many small messages at once would have the broker hold all of them at once. */
const SLICE = 1024;
/** What a refused client is still told, such as CONNACK: so long a connection outlives its end. */
const LAST_WORDS_MS = 1_000;

export interface GuardedStreamOptions {
  readonly socket: Duplex;
  readonly bounds: PacketBounds;
  /** Why the connection ended that the client did not end. */
  readonly complain: (why: string) => void;
}

/** Stands between a client and the broker: passes on no more than the bounds allow. */
export class GuardedStream extends Duplex {
  readonly #options: GuardedStreamOptions;
  #fullSinceMs: number | undefined;
  #ended = false;
  /** Read from the socket, and not passed on yet. */
  #rest: Buffer | undefined;

  constructor(options: GuardedStreamOptions) {
    super({ readableHighWaterMark: SLICE, writableHighWaterMark: LIMITS.unreadBytes });
    this.#options = options;
    const { socket, bounds } = options;
    socket.on('data', (bytes: Buffer) => {
      if (this.destroyed) return;
      const fault = bounds.take(bytes);
      if (fault !== undefined) {
        this.refuse(fault);
        return;
      }
      // A stream that is paused is given nothing, except what was on its way.
      this.#rest = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes]);
      this.#passOn();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#passOn();
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** The client has logged in. */
  accept(): void {
    this.#options.bounds.accept();
  }

  /** Ends the connection and says why. */
  refuse(why: string): void {
    if (this.destroyed) return;
    this.#options.complain(why);
    this.destroy();
  }

  /** Ends the connection of a client that does not take what it has asked for. Called every second. */
  checkReading(nowMs: number): void {
    if (!this.writableNeedDrain) {
      this.#fullSinceMs = undefined;
      return;
    }
    this.#fullSinceMs ??= nowMs;
    if (nowMs - this.#fullSinceMs >= LIMITS.unreadMs) this.refuse('does not read what it is sent');
  }

  override _read(): void {
    // Not at once: what is pushed from within read() is announced by an event that comes to nothing
    // where the same read() takes it along, and aedes reads once for each event.
    process.nextTick(() => {
      if (!this.destroyed) this.#passOn();
    });
  }

  #passOn(): void {
    const { socket } = this.#options;
    while (this.#rest !== undefined) {
      const slice = this.#rest.subarray(0, SLICE);
      this.#rest = slice.length < this.#rest.length ? this.#rest.subarray(SLICE) : undefined;
      if (!this.push(slice)) {
        socket.pause();
        return;
      }
    }
    if (this.#ended) this.push(null);
    else socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#options.socket.write(chunk, done);
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#options.socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#options.socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { socket, bounds } = this.#options;
    bounds.close();
    if (error !== null || socket.destroyed || this.writableNeedDrain) socket.destroy();
    else {
      const timer = setTimeout(() => socket.destroy(), LAST_WORDS_MS);
      socket.once('close', () => {
        clearTimeout(timer);
      });
      socket.end(() => socket.destroy());
    }
    done(error);
  }
}
