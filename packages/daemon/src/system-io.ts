import { fstatSync } from 'node:fs';
import type { Environment } from './environment.js';
import type { LogSink } from './log.js';

/** What vallumd touches of its process. */
export interface DaemonIo {
  readonly env: Environment;
  /** Answers that were asked for: version, help. */
  print(text: string): void;
  /** Standard error: the log, and what is wrong with the command line. */
  readonly errors: LogSink;
  readonly columns?: number;
  onSignal(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGUSR1', listener: () => void): () => void;
}

export const systemIo: DaemonIo = {
  env: process.env,
  print: (text) => {
    process.stdout.write(text);
  },
  errors: { write: writeTogether, journal: writesToJournal(process.env) },
  ...(process.stdout.isTTY ? { columns: process.stdout.columns } : {}),
  onSignal(signal, listener) {
    process.on(signal, listener);
    return () => process.off(signal, listener);
  },
};

/**
 * Writes to standard output as fast as it is read.
 *
 * @returns false where nobody reads any more
 */
export function writeToReader(text: string): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdout.write(text, (error) => {
      resolve(!error);
    });
  });
}

let unwritten = '';

/**
 * Writes in one go what is said until the code that runs, and all that it settles, has run: a system call for each of a thousand bans
 * takes longer than the bans.
 */
function writeTogether(text: string): void {
  if (unwritten === '') process.nextTick(writeNow);
  unwritten += text;
}

function writeNow(): void {
  const text = unwritten;
  unwritten = '';
  if (text !== '') process.stderr.write(text);
}

// At the end of the process no tick comes any more.
process.on('exit', writeNow);

/**
 * systemd names the journal's socket as `device:inode` (systemd.exec(5), JOURNAL_STREAM). A program
 * started from a service inherits the variable, but not always standard error.
 */
function writesToJournal(env: Environment): boolean {
  try {
    const { dev, ino } = fstatSync(2);
    return env['JOURNAL_STREAM'] === `${dev.toString()}:${ino.toString()}`;
  } catch {
    return false;
  }
}
