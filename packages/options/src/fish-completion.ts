import {
  allOptions,
  functionName,
  guessValue,
  longFlag,
  type CompletedProgram,
} from './completed-program.js';
import type { OptionDefinition } from './option.js';

/** Renders the script that completes a program in fish. Each option is offered where it is taken. */
export function renderFishCompletion(completed: CompletedProgram): string {
  const { program, table, commands = [] } = completed;
  const test = `__${functionName(program)}_command_is`;
  const names = commands.map(({ name }) => name);
  const line = (...words: string[]) => ['complete', '-c', program, ...words].join(' ');

  /** Where no command stands first counts as one more place. */
  const condition = (option: OptionDefinition): string[] => {
    const takes = commands.filter(({ options }) => named(options, option)).map(({ name }) => name);
    const others = names.filter((name) => !takes.includes(name));
    if (!named(table, option)) return ['-n', quoted(`${test} ${takes.join(' ')}`)];
    return others.length === 0 ? [] : ['-n', quoted(`not ${test} ${others.join(' ')}`)];
  };

  return `# Completes ${program} in fish. Made from its table of options.
function ${test} --description 'Whether one of these words is the command'
    set -l words (commandline -opc)
    set -q words[2]; and contains -- $words[2] $argv
end

${[
  // No files, but where an option asks for one.
  line('-f'),
  ...commands.map(({ name, summary }) =>
    line('-n', "'test (count (commandline -opc)) -eq 1'", '-a', name, '-d', quoted(summary)),
  ),
  ...allOptions(completed).map((option) =>
    line(
      ...condition(option),
      ...(option.short === undefined ? [] : ['-s', option.short]),
      ...['-l', longFlag(option)],
      ...value(option),
      ...['-d', quoted(option.description)],
    ),
  ),
].join('\n')}
`;
}

function named(table: readonly OptionDefinition[], { name }: OptionDefinition): boolean {
  return table.some((option) => option.name === name);
}

/** `-r` takes a value, `-F` a file, `-x` none of the files. */
function value(option: OptionDefinition): string[] {
  if (option.implied !== undefined) return [];
  switch (guessValue(option)) {
    case 'none':
      return [];
    case 'files':
      return ['-r', '-F'];
    case 'choices':
      return ['-x', '-a', quoted((option.choices ?? []).join(' '))];
    case 'hosts':
      return ['-x', '-a', quoted('(__fish_print_hostnames)')];
    case 'unknown':
      return ['-x'];
  }
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
