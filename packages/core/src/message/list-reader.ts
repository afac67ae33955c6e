import { escapeForDisplay } from '../words/escape.js';
import { failure, type Failure } from '../words/result.js';
import type { Rejection } from './command.js';
import { EntryReader } from './entry-reader.js';
import { parseEntryJson } from './entry-json.js';
import type { EntryFault } from './entry.js';
import { decodeUtf8, isWhiteSpace, parseJson } from './payload.js';

/** Longer than any line that could be an entry; what goes beyond it is not kept. */
const MAX_REST = 16_384;

const LINE_FEED = 0x0a;
const HASH = 0x23;
const SEMICOLON = 0x3b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;

/** What a list turns out to hold. Lines count from 1. */
export interface ListVisitor {
  /**
   * A line that is an entry.
   *
   * @param entry says what the line says, until the next one is read
   * @param bytes where the line begins at `start`
   */
  entry(entry: EntryReader, line: number, bytes: Uint8Array, start: number): void;
  /** A line that is no entry, with the reason. */
  rejected(rejection: Rejection, line: number): void;
}

/**
 * Reads a list as its bytes come, in pieces that end anywhere: one entry a line as in a message, in
 * words or as a JSON object, blank lines, and comments from `#` or `;` to the end of the line. A bad line costs that line only. A list
 * may be longer than the memory, and have no line end at all.
 */
export class ListReader {
  readonly #visitor: ListVisitor;
  readonly #reader = new EntryReader();
  /** The beginning of a line whose end has not come. */
  #rest = new Uint8Array(0);
  #line = 0;

  constructor(visitor: ListVisitor) {
    this.#visitor = visitor;
  }

  /** Reads on; each line that ends in this piece is visited before it returns. */
  push(chunk: Uint8Array): void {
    let start = 0;
    if (this.#rest.length > 0) {
      const end = chunk.indexOf(LINE_FEED);
      this.#keep(end < 0 ? chunk : chunk.subarray(0, end));
      if (end < 0) return;
      this.#readRest();
      start = end + 1;
    }
    for (;;) {
      let end = start;
      let marked = false;
      for (; end < chunk.length; end++) {
        const code = chunk[end];
        if (code === LINE_FEED) break;
        if (code === HASH || code === SEMICOLON) marked = true;
      }
      if (end === chunk.length) break;
      this.#readLine(chunk, start, end, marked);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** The last line may be without its end. */
  end(): void {
    if (this.#rest.length > 0) this.#readRest();
  }

  #keep(bytes: Uint8Array): void {
    const more = bytes.subarray(0, MAX_REST - this.#rest.length);
    const rest = new Uint8Array(this.#rest.length + more.length);
    rest.set(this.#rest);
    rest.set(more, this.#rest.length);
    this.#rest = rest;
  }

  #readRest(): void {
    const rest = this.#rest;
    this.#rest = new Uint8Array(0);
    this.#readLine(rest, 0, rest.length, true);
  }

  #readLine(bytes: Uint8Array, from: number, to: number, marked: boolean): void {
    this.#line++;
    let start = this.#line === 1 ? behindByteOrderMark(bytes, from, to) : from;
    let end = marked ? commentStart(bytes, start, to) : to;
    while (start < end && isWhiteSpace(bytes[start] ?? 0)) start++;
    while (end > start && isWhiteSpace(bytes[end - 1] ?? 0)) end--;
    if (start === end) return;
    const fault =
      bytes[start] === BRACE
        ? this.#readJson(bytes.subarray(start, end))
        : this.#reader.readLine(bytes, start, end);
    if (fault === undefined) {
      this.#visitor.entry(this.#reader, this.#line, bytes, start);
      return;
    }
    const { reason: code, detail } = fault;
    const input = escapeForDisplay(bytes.subarray(start, end));
    this.#visitor.rejected(
      { code, place: `line ${String(this.#line)}`, input, detail },
      this.#line,
    );
  }

  #readJson(bytes: Uint8Array): Failure<EntryFault> | undefined {
    const text = decodeUtf8(bytes);
    if (text === undefined) return failure('bad-entry', 'it is not UTF-8');
    const json = parseJson(text);
    if (!json.ok) return failure('bad-entry', 'it starts as JSON and is none');
    const entry = parseEntryJson(json.value);
    if (!entry.ok) return entry;
    this.#reader.take(entry.value);
    return undefined;
  }
}

/** Editors on Windows put one in front of the first line. */
function behindByteOrderMark(bytes: Uint8Array, start: number, end: number): number {
  const isMark =
    end - start >= 3 &&
    bytes[start] === 0xef &&
    bytes[start + 1] === 0xbb &&
    bytes[start + 2] === 0xbf;
  return isMark ? start + 3 : start;
}

/** The first `#` or `;` that stands at the start or behind a blank, outside of quotes. */
function commentStart(bytes: Uint8Array, start: number, end: number): number {
  let quoted = false;
  for (let at = start; at < end; at++) {
    const code = bytes[at];
    if (quoted && code === BACKSLASH) at++;
    else if (code === QUOTE) quoted = !quoted;
    else if (!quoted && (code === HASH || code === SEMICOLON)) {
      const before = bytes[at - 1];
      if (at === start || before === 0x20 || before === 0x09) return at;
    }
  }
  return end;
}
