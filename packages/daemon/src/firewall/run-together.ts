import { randomBytes } from 'node:crypto';
import type { Run, RunResult } from '@vallum/core/backend';
import { shellWord } from '../shell-word.js';

interface Wanted {
  readonly program: string;
  readonly args: readonly string[];
  readonly resolve: (result: RunResult | Promise<RunResult>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs programs as `run` does, but those that are asked for in the same turn of the event loop by one shell,
 * one after another. For each program that a process starts Linux copies its page tables: of one that
 * holds a million bans for 17 ms, in which it bans nobody. Those of a shell are copied in no time.
 *
 * Calls with options, and one that is alone, go to `run` as they are; so do all where the shell fails or
 * one of them hangs, and one that cannot be started or is killed, so that errors are those of `run`.
 */
export function runTogether(run: Run): Run {
  let wanted: Wanted[] = [];
  const runWanted = (): void => {
    const batch = wanted;
    wanted = [];
    void runBatch(run, batch);
  };
  return (program, args, options) => {
    if (options !== undefined) return run(program, args, options);
    return new Promise((resolve, reject) => {
      if (wanted.length === 0) setImmediate(runWanted);
      wanted.push({ program, args, resolve, reject });
    });
  };
}

async function runBatch(run: Run, batch: readonly Wanted[]): Promise<void> {
  const apart = (): void => {
    for (const { program, args, resolve } of batch) resolve(run(program, args));
  };
  if (batch.length === 1) {
    apart();
    return;
  }
  const mark = randomBytes(16).toString('hex');
  const done = await run('sh', ['-c', script(batch), mark]).catch(() => undefined);
  const outputs = split(done?.stdout ?? '', mark);
  const errors = split(done?.stderr ?? '', mark);
  if (outputs.length !== batch.length || errors.length !== batch.length) {
    apart();
    return;
  }
  for (const [index, { program, args, resolve, reject }] of batch.entries()) {
    const { text: stdout = '', ending } = outputs[index] ?? {};
    if (ending === ABSENT) {
      reject(Object.assign(new Error(`spawn ${program} ENOENT`), { code: 'ENOENT' }));
    } else if (Number(ending) >= SHELL_SAYS) {
      resolve(run(program, args));
    } else {
      resolve({ code: Number(ending), stdout, stderr: errors[index]?.text ?? '' });
    }
  }
}

const ABSENT = 'absent';
/** From this exit code on it is the shell's: it could not start the program, or a signal ended that. */
const SHELL_SAYS = 126;

/** The mark comes as `$0`. */
function script(batch: readonly Wanted[]): string {
  const lines = batch.map(({ program, args }) => {
    const command = [program, ...args].map(shellWord).join(' ');
    return `if command -v ${shellWord(program)} >/dev/null; then ${command} </dev/null; end $?; else end ${ABSENT}; fi`;
  });
  return [
    `end() { printf '\\n%s %s\\n' "$0" "$1"; printf '\\n%s %s\\n' "$0" "$1" >&2; }`,
    ...lines,
  ].join('\n');
}

/** What was printed before each mark, and what the mark says. What is behind the last of them is nobody's. */
function split(text: string, mark: string): readonly { text: string; ending: string }[] {
  const found: { text: string; ending: string }[] = [];
  const start = `\n${mark} `;
  // Not by an expression that looks for a mark behind each letter: a shell that was killed leaves none.
  for (let from = 0, at; (at = text.indexOf(start, from)) >= 0;) {
    const end = text.indexOf('\n', at + start.length);
    if (end < 0) break;
    found.push({ text: text.slice(from, at), ending: text.slice(at + start.length, end) });
    from = end + 1;
  }
  return found;
}
