import { describe, expect, it } from '@jest/globals';
import { run, type Run } from '@vallum/core/backend';
import { runTogether } from './run-together.js';

/** The real one, and what it was asked to start. */
function counted(deadlineMs = 20_000): { readonly run: Run; readonly started: string[] } {
  const started: string[] = [];
  return {
    started,
    run: (program, args, options) => {
      started.push(program);
      return run(program, args, { deadlineMs, ...options });
    },
  };
}

describe('programs that are run together', () => {
  it('are run by one shell, and end as they would by themselves', async () => {
    const { run: real, started } = counted();
    const together = runTogether(real);
    const commands: readonly [string, readonly string[]][] = [
      ['printf', ['%s|', 'a b', "it's", '$HOME', '`id`', '', '\n', '*']],
      ['sh', ['-c', 'printf out; printf err >&2; exit 3']],
      ['cat', []],
      ['sh', ['-c', 'printf "line\\n"']],
      ['true', []],
    ];
    const found = await Promise.all(commands.map(([program, args]) => together(program, args)));
    expect(started).toEqual(['sh']);
    expect(found).toEqual([
      { code: 0, stdout: "a b|it's|$HOME|`id`||\n|*|", stderr: '' },
      { code: 3, stdout: 'out', stderr: 'err' },
      { code: 0, stdout: '', stderr: '' },
      { code: 0, stdout: 'line\n', stderr: '' },
      { code: 0, stdout: '', stderr: '' },
    ]);
    expect(found).toEqual(await Promise.all(commands.map(([program, args]) => run(program, args))));
  });

  it('fail as they would by themselves where one is not installed, and the others answer', async () => {
    const together = runTogether(run);
    const absent = together('no-such-program', ['x']);
    const there = together('echo', ['there']);
    await expect(absent).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await there).toMatchObject({ code: 0, stdout: 'there\n' });
  });

  it('are run by themselves where one hangs, so that it is known which', async () => {
    const { run: real, started } = counted(300);
    const together = runTogether(real);
    const hung = together('sleep', ['60']);
    const there = together('echo', ['there']);
    await expect(hung).rejects.toThrow(/sleep.* did nothing for 0\.3 s and was killed/);
    expect(await there).toMatchObject({ code: 0, stdout: 'there\n' });
    expect(started).toEqual(['sh', 'sleep', 'echo']);
  });

  it('are run by themselves where the shell is killed behind much that one has printed', async () => {
    const asked: string[] = [];
    const together = runTogether((program) => {
      asked.push(program);
      const stdout = program === 'sh' ? '-A INPUT -j DROP\n'.repeat(15_000) : program;
      return Promise.resolve({ code: program === 'sh' ? null : 0, stdout, stderr: '' });
    });
    const found = await Promise.all([together('one', []), together('two', [])]);
    expect(found.map(({ stdout }) => stdout)).toEqual(['one', 'two']);
    expect(asked).toEqual(['sh', 'one', 'two']);
  }, 5_000);

  it('fail as they would by themselves where one may not be started, or is killed', async () => {
    const together = runTogether(run);
    const forbidden = together('/dev/null', []);
    const killed = together('sh', ['-c', 'kill -9 $$']);
    const there = together('echo', ['there']);
    await expect(forbidden).rejects.toMatchObject({ code: 'EACCES' });
    expect(await killed).toEqual({ code: null, stdout: '', stderr: '' });
    expect(await there).toMatchObject({ code: 0, stdout: 'there\n' });
  });

  it('go one by one where there is one, where it has wishes, and in a later turn', async () => {
    const { run: real, started } = counted();
    const together = runTogether(real);
    expect(await together('echo', ['alone'])).toMatchObject({ stdout: 'alone\n' });
    const [first, second] = await Promise.all([
      together('cat', [], { input: 'read' }),
      together('echo', ['other']),
    ]);
    expect([first.stdout, second.stdout]).toEqual(['read', 'other\n']);
    expect(started).toEqual(['echo', 'cat', 'echo']);
  });
});
