import { spawn } from 'node:child_process';
import { endWithFile } from './leftovers.js';

export interface ProcessOptions {
  readonly cwd?: string;
  /** Added to the environment of the tests; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to standard input, which is then closed. Without it, input is empty. */
  readonly input?: string | Uint8Array;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Finished extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProcess {
  readonly pid: number;
  /** Settles when the program has ended and its output is complete. */
  readonly exited: Promise<Finished>;
  stdout(): string;
  stderr(): string;
  /** Both streams in the order in which they arrived. */
  output(): string;
  /** Forgets what was printed so far, so that the next wait sees only what is new. */
  clearOutput(): void;
  /**
   * Waits until the output so far, of both streams, matches.
   *
   * @throws Error with the whole output when the program ends before, or after `timeoutMs` (20000)
   */
  waitForOutput(
    pattern: RegExp,
    options?: { readonly timeoutMs?: number },
  ): Promise<RegExpMatchArray>;
  /** Sends a signal, without waiting. */
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal (SIGTERM), and SIGKILL after 10 s; settles when it has ended. */
  kill(signal?: NodeJS.Signals): Promise<Finished>;
}

const graceMs = 10_000;

/**
 * Starts a program without a shell. It is killed at the end of the test file at the latest.
 *
 * @throws the spawn error, such as ENOENT
 */
export async function startProcess(
  program: string,
  args: readonly string[] = [],
  options: ProcessOptions = {},
): Promise<RunningProcess> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });

  let stdout = '';
  let stderr = '';
  let output = '';
  const watchers = new Set<() => void>();
  const notify = () => {
    for (const watcher of [...watchers]) watcher();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
    notify();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    output += text;
    notify();
  });
  // A program that ends without reading its input is judged by its exit code, not by EPIPE.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');

  let ended = false;
  const exited = new Promise<Finished>((resolve) => {
    child.on('close', (code, signal) => {
      ended = true;
      forget();
      resolve({ code, signal, stdout, stderr });
      notify();
    });
  });

  const kill = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (ended) return exited;
    child.kill(signal);
    const lastResort = setTimeout(() => child.kill('SIGKILL'), graceMs);
    try {
      return await exited;
    } finally {
      clearTimeout(lastResort);
    }
  };
  const forget = endWithFile(async () => {
    await kill('SIGKILL');
  });

  return {
    pid: child.pid ?? 0,
    exited,
    stdout: () => stdout,
    stderr: () => stderr,
    output: () => output,
    clearOutput() {
      stdout = stderr = output = '';
    },
    waitForOutput: (pattern, { timeoutMs = 20_000 } = {}) =>
      new Promise((resolve, reject) => {
        const settle = () => {
          clearTimeout(timer);
          watchers.delete(look);
        };
        const fail = (why: string) => {
          settle();
          reject(new Error(`${program} ${why} ${String(pattern)}; it printed:\n${output}`));
        };
        const look = () => {
          const match = output.match(pattern);
          if (match !== null) {
            settle();
            resolve(match);
          } else if (ended) {
            fail('ended without printing');
          }
        };
        const timer = setTimeout(() => {
          fail(`did not print within ${String(timeoutMs)} ms`);
        }, timeoutMs);
        watchers.add(look);
        look();
      }),
    signal(signal) {
      child.kill(signal);
    },
    kill,
  };
}

/** Runs a program to its end; judge it by its exit code. */
export async function runProcess(
  program: string,
  args: readonly string[] = [],
  options: ProcessOptions = {},
): Promise<Finished> {
  return (await startProcess(program, args, options)).exited;
}

/** Runs a program that has to succeed, and returns its standard output. */
export async function mustRun(
  program: string,
  args: readonly string[] = [],
  options: ProcessOptions = {},
): Promise<string> {
  const { code, signal, stdout, stderr } = await runProcess(program, args, options);
  if (code === 0) return stdout;
  const how = signal ?? `exit code ${String(code)}`;
  throw new Error(`${[program, ...args].join(' ')}: ${how}\n${stderr}${stdout}`);
}
