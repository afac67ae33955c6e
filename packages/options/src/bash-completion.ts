import type { OptionDefinition, OptionTable } from './option.js';

export interface CompletedProgram {
  readonly program: string;
  readonly table: OptionTable;
  /** What may stand first: `add`. */
  readonly commands?: readonly string[];
}

/**
 * Renders the script that completes a program in bash. It starts nothing and needs no package
 * beside bash, so that Tab answers at once.
 */
export function renderBashCompletion({ program, table, commands = [] }: CompletedProgram): string {
  const name = `_${program.replace(/\W/g, '_')}`;
  const valued = table.filter(({ type }) => type !== 'boolean');
  const files = valued.filter(({ type }) => type === 'file');
  const choices = valued.filter((option) => option.choices !== undefined);
  const hosts = valued.filter((option) => option.name === 'host');
  const known = new Set([...files, ...choices, ...hosts]);
  const others = valued.filter((option) => !known.has(option));
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
  ...clause(files, ['compopt -o filenames', reply('-f')]),
  ...choices.flatMap((option) => clause([option], [reply(words(option.choices ?? []))])),
  ...clause(hosts, [reply('-A hostname')]),
  // Nobody can guess the value.
  ...clause(others, []),
].join('\n')}
  esac
  if [[ $cur == -* ]]; then
    ${reply(words(table.flatMap(longFlags)))}
  elif ((COMP_CWORD == 1)); then
    ${commands.length === 0 ? ':' : reply(words(commands))}
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

function flags({ name, short }: OptionDefinition): string[] {
  return [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
}

/** A boolean that is on is of use only as its opposite. */
function longFlags({ name, type, default: value }: OptionDefinition): string[] {
  return [type === 'boolean' && value === true ? `--no-${name}` : `--${name}`];
}
