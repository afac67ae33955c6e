import { escapeForDisplay } from '@vallum/core';
import type { Run } from '@vallum/core/backend';

const DEADLINE_MS = 60_000;

/**
 * Starts a program that is to take a text.
 *
 * @returns why it has not, a clause; undefined: it has
 */
export async function startProgram(
  run: Run,
  program: string,
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  try {
    const options = { input, env, deadlineMs: DEADLINE_MS, maxOutputBytes: 1024 * 1024 };
    const { code, stderr } = await run(program, args, options);
    if (code === 0) return undefined;
    const said = escapeForDisplay(stderr.trim().split('\n')[0] ?? '', 200);
    const how = code === null ? 'was killed' : `ended with ${code.toString()}`;
    return `${program} ${how}${said === '' ? '' : `: ${said}`}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `${program} is not there, or what it names as its interpreter`;
    if (code === 'EACCES')
      return `${program} is not executable, or what it names as its interpreter`;
    return error instanceof Error ? error.message : String(error);
  }
}
