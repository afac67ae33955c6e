import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { VallumError } from '../words/errors.js';
import { escapeForDisplay } from '../words/escape.js';

/** How a program ended. */
export interface RunResult {
  /** Exit code; null where a signal ended the program. */
  readonly code: number | null;
  /** Empty where `onOutput` took it. */
  readonly stdout: string;
  readonly stderr: string;
}

/** What `run` takes beside the program and its arguments. */
export interface RunOptions {
  /** What the program reads on standard input. Default: nothing. */
  readonly input?: string;
  /** How long it may be silent, in milliseconds: neither write nor read anything. Default 30,000. */
  readonly deadlineMs?: number;
  /** Bytes that it may write in all. Default 256 MiB. */
  readonly maxOutputBytes?: number;
  /** In place of the environment of this process. `LC_ALL` is C in either. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** Takes standard output as it comes, in place of `RunResult.stdout`. */
  readonly onOutput?: (text: string) => void;
}

/**
 * Runs a program without a shell, feeds it standard input and collects what it prints.
 *
 * A program that does nothing for `deadlineMs`, writes too much, or whose `signal` aborts, is killed
 * with all that it has started. One that ends is not waited for any longer, though something that it
 * has left running holds its output open: nobody reads that, and whoever writes there gets SIGPIPE.
 *
 * @throws the spawn error (`ENOENT`, `EACCES`) where the program cannot be started
 * @throws VallumError `BACKEND_FAILED` where it was killed, `CLOSED` for the signal
 */
export type Run = (
  program: string,
  args: readonly string[],
  options?: RunOptions,
) => Promise<RunResult>;

const DEADLINE_MS = 30_000;
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
/** For what an ended program has written; far longer than it takes where nobody else holds the pipes. */
const DRAIN_MS = 200;
/** Input is handed over in pieces: each that is taken shows that the program is alive. */
const INPUT_PIECE = 64 * 1024;

/** Runs a program of this machine; see `Run`. */
export const run: Run = (program, args, options = {}) =>
  new Promise((resolve, reject) => {
    const {
      deadlineMs = DEADLINE_MS,
      maxOutputBytes = MAX_OUTPUT_BYTES,
      signal,
      onOutput,
    } = options;
    const name = describe(program, args);
    if (signal?.aborted === true) {
      reject(closed(name));
      return;
    }
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Tools translate their messages and pick formats by locale; one language can be parsed.
      env: { ...(options.env ?? process.env), LC_ALL: 'C' },
      // A process group of its own, so that whatever it starts can be killed with it.
      detached: true,
    });
    const stdout: string[] = [];
    const stderr: string[] = [];
    let bytes = 0;

    let timer: NodeJS.Timeout | undefined;
    let drain: NodeJS.Immediate | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      clearImmediate(drain);
      signal?.removeEventListener('abort', abort);
    };
    const kill = (error: Error): void => {
      stop();
      killGroup(child);
      // Not waited for: what the kernel holds up does not end by being killed.
      reject(error);
    };
    const abort = (): void => {
      kill(closed(name));
    };
    let hasEnded = false;
    const live = (): void => {
      if (hasEnded) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        const seconds = deadlineMs / 1000;
        kill(broken(`${name} did nothing for ${seconds} s and was killed`, program));
      }, deadlineMs);
    };
    const take = (text: string, keep: (text: string) => void): void => {
      bytes += Buffer.byteLength(text);
      if (bytes > maxOutputBytes) {
        kill(broken(`${name} wrote more than ${maxOutputBytes} bytes and was killed`, program));
        return;
      }
      live();
      try {
        keep(text);
      } catch (error) {
        kill(error instanceof Error ? error : broken(String(error), program));
      }
    };

    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      take(text, onOutput ?? ((kept) => stdout.push(kept)));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      take(text, (kept) => stderr.push(kept));
    });
    child.on('error', (error) => {
      stop();
      reject(error);
    });
    // A program that ends without reading its input is judged by its exit code, not by EPIPE.
    child.stdin.on('error', () => undefined);
    const end = (code: number | null): void => {
      stop();
      resolve({ code, stdout: stdout.join(''), stderr: stderr.join('') });
    };
    child.on('close', end);
    child.on('exit', (code) => {
      hasEnded = true;
      clearTimeout(timer);
      timer = setTimeout(() => {
        // A turn later: however late this timer is, the pipes have been read in between.
        drain = setImmediate(() => {
          letGo(child);
          end(code);
        });
      }, DRAIN_MS);
    });
    signal?.addEventListener('abort', abort, { once: true });
    live();
    feed(child.stdin, options.input ?? '', live);
  });

function feed(stdin: NodeJS.WritableStream, input: string, live: () => void): void {
  const bytes = Buffer.from(input);
  let start = 0;
  const more = (error?: Error | null): void => {
    if (error) return;
    if (start > 0) live();
    if (start >= bytes.length) {
      stdin.end();
      return;
    }
    const piece = bytes.subarray(start, start + INPUT_PIECE);
    start += piece.length;
    stdin.write(piece, more);
  };
  more();
}

/** Kills a program and what it has started. */
function killGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid !== undefined) {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  letGo(child);
}

/** Of its pipes, which what it has started may have left open. */
function letGo(child: ChildProcessWithoutNullStreams): void {
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  child.unref();
}

function describe(program: string, args: readonly string[]): string {
  return escapeForDisplay([program, ...args].join(' '), 80);
}

function closed(name: string): VallumError {
  const message = `${name} was ended, since the backend was closed`;
  return new VallumError(message, { code: 'CLOSED', operation: name });
}

function broken(message: string, operation: string): VallumError {
  return new VallumError(message, { code: 'BACKEND_FAILED', operation });
}
