import {
  functionName,
  guessValue,
  longFlag,
  type CompletedProgram,
  type Guess,
} from './completed-program.js';
import { withFlags, type OptionDefinition, type OptionTable } from './option.js';

/** Renders the function that completes a program in zsh (zshcompsys(1), `_arguments`). */
export function renderZshCompletion({ program, table, commands = [] }: CompletedProgram): string {
  const name = `_${functionName(program)}`;
  // The command is taken away, so that the function of a command sees its options only.
  const branches = commands.map(
    (command) => `    (${command.name})
      shift words
      ((CURRENT--))
      _arguments -S \\
${specs(command.options)}
      return
      ;;`,
  );
  return `#compdef ${program}
# Completes ${program} in zsh. Made from its table of options.
${name}() {
  if ((CURRENT == 2)) && [[ $PREFIX != -* ]]; then
    local -a commands=(
${commands.map(({ name, summary }) => `      ${quoted(`${name}:${summary}`)}`).join('\n')}
    )
    _describe -t commands command commands
    return
  fi
  case $words[2] in
${branches.join('\n')}
  esac
  _arguments -S \\
${specs(table)}
}

${name} "$@"
`;
}

function specs(table: OptionTable): string {
  return withFlags(table)
    .map((option) => `        ${spec(option)}`)
    .join(' \\\n');
}

/** `'(-h --host)'{-h+,--host=}'[the broker]:HOST:_hosts'` */
function spec(option: OptionDefinition): string {
  const repeated = option.type === 'string[]';
  const long = `--${longFlag(option)}`;
  const valued = option.type !== 'boolean';
  // `=-` and `::`: the value may be left out, and has to be attached.
  const optional = option.implied !== undefined;
  const separator = optional ? '::' : ':';
  const what = `[${bracketed(option.description)}]${valued ? `${separator}${action(option)}` : ''}`;
  const flag = `${long}${valued ? (optional ? '=-' : '=') : ''}`;
  if (option.short === undefined) return quoted(`${repeated ? '*' : ''}${flag}${what}`);
  const short = `-${option.short}${valued ? '+' : ''}`;
  const excluded = repeated ? '*' : `(-${option.short} ${long})`;
  return `${quoted(excluded)}{${short},${flag}}${quoted(what)}`;
}

const ACTIONS: Record<Guess, string> = {
  none: '',
  files: '_files',
  choices: '',
  hosts: '_hosts',
  // A blank: the value is asked for by name, and nothing is offered.
  unknown: ' ',
};

function action(option: OptionDefinition): string {
  const guess = guessValue(option);
  const offered = guess === 'choices' ? `(${(option.choices ?? []).join(' ')})` : ACTIONS[guess];
  return `${(option.placeholder ?? 'VALUE').replaceAll(':', '\\:')}:${offered}`;
}

function bracketed(text: string): string {
  return text.replace(/[[\]\\]/g, '\\$&');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
