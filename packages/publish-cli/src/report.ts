import { ExitCode } from './exit-codes.js';
import type { PublishIo } from './publish-io.js';

/** Lines that the JSON repeats; a list may give cause to more. */
const MOST_LINES = 200;

/** Where words for people go, and with `--json` the one object for programs. */
export class Report {
  /** Set once the command line is known. */
  quiet = false;
  verbose = false;
  /** What the object holds beside the result; to be extended as facts become known. */
  readonly facts: Record<string, unknown> = {};
  readonly #io: Pick<PublishIo, 'stdout' | 'stderr'>;
  readonly #json: boolean;
  readonly #startedMs = performance.now();
  readonly #said: string[] = [];

  constructor(io: Pick<PublishIo, 'stdout' | 'stderr'>, json: boolean) {
    this.#io = io;
    this.#json = json;
  }

  /** Says what went wrong, or should be looked at. */
  readonly complain = (line: string): void => {
    if (this.#said.length < MOST_LINES) this.#said.push(line);
    this.#io.stderr.write(`vallum-pub: ${line}\n`);
  };

  /** Says with `--verbose` what is done, and when. */
  note(line: string): void {
    if (!this.verbose) return;
    this.#io.stderr.write(`vallum-pub: ${this.#elapsedMs().toString()} ms: ${line}\n`);
  }

  succeed(line: string): void {
    if (!this.quiet && !this.#json) this.#io.stdout.write(`${line}\n`);
  }

  /** Prints a message instead of sending it. */
  show(topic: string, escapedLines: readonly string[], payload: string): void {
    this.#io.stdout.write(
      this.#json
        ? `${JSON.stringify({ topic, payload })}\n`
        : `${topic} ${escapedLines.join('\\n')}\n`,
    );
  }

  /** @returns the code that it was given */
  end(code: ExitCode): ExitCode {
    this.note(`ends with ${code.toString()}`);
    if (!this.#json) return code;
    const object = {
      result: RESULTS[code],
      ...this.facts,
      messages: this.#said,
      milliseconds: this.#elapsedMs(),
    };
    this.#io.stdout.write(`${JSON.stringify(object)}\n`);
    return code;
  }

  #elapsedMs(): number {
    return Math.round(performance.now() - this.#startedMs);
  }
}

/** Scripts depend on them, as on the codes. */
const RESULTS: Readonly<Record<ExitCode, string>> = {
  [ExitCode.ok]: 'ok',
  [ExitCode.usage]: 'usage',
  [ExitCode.badInput]: 'bad-input',
  [ExitCode.noInput]: 'no-input',
  [ExitCode.unheard]: 'unheard',
  [ExitCode.unanswered]: 'unanswered',
  [ExitCode.unreachable]: 'unreachable',
  [ExitCode.internal]: 'internal',
  [ExitCode.notEverywhere]: 'not-everywhere',
  [ExitCode.state]: 'state',
  [ExitCode.unconfirmed]: 'unconfirmed',
  [ExitCode.protocol]: 'protocol',
  [ExitCode.refused]: 'refused',
  [ExitCode.config]: 'config',
  [ExitCode.refusedList]: 'refused-list',
  [ExitCode.interrupted]: 'interrupted',
  [ExitCode.terminated]: 'interrupted',
};
