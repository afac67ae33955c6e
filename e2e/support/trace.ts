import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, waitFor } from '@vallum/test-kit';

/** A program that was started, what it was told, and what it read from its standard input. */
export interface Traced {
  readonly program: string;
  readonly argv: readonly string[];
  readonly input: string;
}

export interface Trace {
  /** What runs the program to be traced. */
  readonly under: readonly string[];
  /** Every program that it and its children have started, itself included; once all have ended. */
  read(): Promise<Traced[]>;
}

/** Prepares `strace`; a file for each process keeps them from cutting each other's lines. */
export function prepareTrace(): Trace {
  const folder = temporaryFolder();
  return {
    under: [
      // -D: the traced program is the child, so that signals reach it.
      ...['strace', '-D', '-ff', '-q', '-e', 'trace=execve,read', '-e', 'signal=none'],
      ...['-xx', '-s', '1000000', '-o', join(folder, 'trace')],
    ],
    async read() {
      const texts = await waitFor(
        async () => {
          const files = (await readdir(folder)).map((file) => join(folder, file));
          const all = await Promise.all(files.map((file) => readFile(file, 'latin1')));
          // +++ exited with 0 +++
          return all.length > 0 && all.every((text) => /^\+\+\+ /m.test(text)) ? all : undefined;
        },
        { timeoutMs: 10_000, what: 'the end of the trace' },
      );
      return texts.flatMap((text) => readProcess(text) ?? []);
    },
  };
}

/**
 * ```
 * execve("\x2f\x75\x73\x72…", ["\x69\x70\x73\x65\x74", "\x2d"], 0x7ffd… /* 30 vars *\/) = 0
 * read(0, "\x61\x64\x64…", 4096)          = 35
 * ```
 * The names that a search of the PATH tried in vain ended otherwise than with 0.
 */
function readProcess(text: string): Traced | undefined {
  const started = [...text.matchAll(/^execve\("(.*?)", \[(.*?)\], .*\) += 0$/gm)].at(-1);
  if (started === undefined) return undefined;
  const [, program = '', argv = ''] = started;
  const reads = text.slice(started.index).matchAll(/^read\(0, "(.*?)", \d+\) += \d+$/gm);
  return {
    program: unescape(program),
    argv: [...argv.matchAll(/"(.*?)"/g)].map(([, argument = '']) => unescape(argument)),
    input: [...reads].map(([, bytes = '']) => unescape(bytes)).join(''),
  };
}

function unescape(hex: string): string {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex').toString('latin1');
}
