import {
  allOptions,
  functionName,
  guessValue,
  longFlag,
  type CompletedProgram,
} from './completed-program.js';
import { withFlags, type OptionDefinition, type OptionTable } from './option.js';

/**
 * Renders the script that completes a program in bash. It starts nothing and needs no package
 * beside bash, so that Tab answers at once.
 */
export function renderBashCompletion(completed: CompletedProgram): string {
  const { program, table, commands = [] } = completed;
  const name = `_${functionName(program)}`;
  const every = allOptions(completed);
  // What follows a flag that may stand alone is no value of it.
  const guessed = (guess: string) =>
    every.filter((option) => guessValue(option) === guess && option.implied === undefined);
  return `# Completes ${program} in bash. Made from its table of options.
${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} IFS=$'\\n'
  # bash takes --name=value for three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  case $prev in
${[
  ...clause(guessed('files'), ['compopt -o filenames', reply('-f')]),
  ...guessed('choices').flatMap((option) => clause([option], [reply(words(option.choices ?? []))])),
  ...clause(guessed('hosts'), [reply('-A hostname')]),
  // Nobody can guess the value.
  ...clause(guessed('unknown'), []),
].join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case \${COMP_WORDS[1]} in
${commands.map((command) => `      ${command.name}) ${reply(flagWords(command.options))} ;;`).join('\n')}
      *) ${reply(flagWords(table))} ;;
    esac
  elif ((COMP_CWORD == 1)); then
    ${commands.length === 0 ? ':' : reply(words(commands.map((command) => command.name)))}
  fi
}
complete -F ${name} ${program}
`;
}

function clause(options: OptionTable, lines: readonly string[]): string[] {
  if (options.length === 0) return [];
  return [
    `    ${options.flatMap(flags).join(' | ')})`,
    ...[...lines, 'return'].map((line) => `      ${line}`),
    '      ;;',
  ];
}

function reply(what: string): string {
  return `COMPREPLY=($(compgen ${what} -- "$cur"))`;
}

function words(list: readonly string[]): string {
  return `-W $'${list.join('\\n')}'`;
}

function flagWords(table: OptionTable): string {
  return words(withFlags(table).map((option) => `--${longFlag(option)}`));
}

function flags({ name, short }: OptionDefinition): string[] {
  return [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
}
