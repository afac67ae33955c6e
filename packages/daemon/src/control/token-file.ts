import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { VallumError } from '@vallum/core';
import { quote } from '@vallum/options';

/** Below this it could be guessed. */
const SHORTEST = 16;

/**
 * Reads the token in the first line of a file.
 *
 * @throws VallumError `INVALID_ARGUMENT`
 */
export function readToken(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw invalid(`cannot read the file ${quote(path)} of --http-token-file: ${code}`, cause);
  }
  const token = text.split('\n', 1)[0]?.trim() ?? '';
  if (/^[\x21-\x7e]+$/.test(token) && token.length >= SHORTEST) return token;
  throw invalid(
    `the first line of ${quote(path)}, of --http-token-file, is no token: it has to have ` +
      `${SHORTEST.toString()} or more letters, digits and signs without blanks (openssl rand -hex 32)`,
  );
}

/** Compares what is given with the token; a new file counts for the next request. */
export class TokenFile {
  readonly #path: string;
  readonly #complain: (sentence: string) => void;
  #token: Buffer;
  #seen: string;

  /** @throws as `readToken` */
  constructor(path: string, complain: (sentence: string) => void) {
    this.#path = path;
    this.#complain = complain;
    this.#seen = this.#look();
    this.#token = digest(readToken(path));
  }

  /** In a time that does not tell how much of it was right. */
  isRight(given: string): boolean {
    this.#refresh();
    return timingSafeEqual(digest(given), this.#token);
  }

  #refresh(): void {
    const seen = this.#look();
    if (seen === this.#seen) return;
    this.#seen = seen;
    try {
      this.#token = digest(readToken(this.#path));
    } catch (error) {
      if (!(error instanceof VallumError)) throw error;
      this.#complain(`${error.message}; the token from before stays in use`);
    }
  }

  #look(): string {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path);
      return [mtimeMs, size, ino].join(' ');
    } catch {
      // Between the removal of a file and its successor.
      return this.#seen;
    }
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function invalid(message: string, cause?: unknown): VallumError {
  return new VallumError(message, { code: 'INVALID_ARGUMENT', operation: 'answer HTTP', cause });
}
