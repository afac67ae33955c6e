import type { CommandDefinition } from './command.js';
import { defaultText } from './help.js';
import { withFlags, type OptionDefinition, type OptionTable } from './option.js';

/** A page of the manual in mdoc(7), the language of `man`. Texts are plain; mdoc is made here. */
export interface ManualPage {
  readonly name: string;
  readonly section: 1 | 5 | 8;
  /** Shown at the foot of the page. */
  readonly date: Date;
  /** Completes `name —`, without full stop. */
  readonly summary: string;
  /** One command line each, without the name. */
  readonly synopsis?: readonly string[];
  readonly parts: readonly ManualPart[];
  readonly seeAlso?: readonly (readonly [name: string, section: number])[];
}

export interface ManualPart {
  readonly title: string;
  readonly paragraphs?: readonly string[];
  /** Shown as they are typed. */
  readonly example?: readonly string[];
  /** A term and what it means. */
  readonly rows?: readonly (readonly [term: string, meaning: string])[];
  /** Each with what it takes beside the options of the program, which are told by themselves. */
  readonly commands?: {
    readonly list: readonly CommandDefinition[];
    readonly beside: OptionTable;
  };
  /** Every option as flag, or those that a file may hold as its keys. */
  readonly options?: { readonly table: OptionTable; readonly as: 'flags' | 'keys' };
}

export function renderManual(page: ManualPage): string {
  const { name, section, date, summary, synopsis = [], parts, seeAlso = [] } = page;
  const [month, day, year] = [
    date.toLocaleString('en', { month: 'long', timeZone: 'UTC' }),
    date.getUTCDate(),
    date.getUTCFullYear(),
  ];
  return [
    '.\\" Made from the table of options. Do not edit.',
    `.Dd ${month} ${day}, ${year}`,
    `.Dt ${name.toUpperCase()} ${section}`,
    '.Os',
    '.Sh NAME',
    `.Nm ${word(name)}`,
    `.Nd ${text(summary)}`,
    ...(synopsis.length === 0 ? [] : ['.Sh SYNOPSIS', ...synopsis.flatMap(renderSynopsis)]),
    ...parts.flatMap(renderPart),
    ...(seeAlso.length === 0 ? [] : ['.Sh SEE ALSO', ...renderSeeAlso(seeAlso)]),
    '',
  ].join('\n');
}

/** `add ADDRESS … [--set SET]`: what stands in brackets may be left out. */
function renderSynopsis(line: string): string[] {
  return ['.Nm', ...synopsisMacros(line).map((macro) => `.${macro}`)];
}

function synopsisMacros(line: string): string[] {
  const parts = line.match(/\[[^\]]*\]|\S+/g) ?? [];
  return parts.map((part) =>
    part.startsWith('[')
      ? `Op ${part.slice(1, -1).split(' ').map(synopsisWord).join(' ')}`
      : synopsisWord(part),
  );
}

function synopsisWord(part: string): string {
  if (part.startsWith('-')) return `Fl ${flag(part.slice(1))}`;
  return `${/^[a-z]/.test(part) ? 'Cm' : 'Ar'} ${word(part)}`;
}

function renderPart(part: ManualPart): string[] {
  const { title, paragraphs = [], example, rows = [], commands, options } = part;
  const groups = options ? [...new Set(shown(options).map(({ group }) => group))] : [];
  return [
    `.Sh ${title.toUpperCase()}`,
    ...paragraphs.flatMap((paragraph, at) => [...(at === 0 ? [] : ['.Pp']), ...prose(paragraph)]),
    ...(example ? ['.Bd -literal -offset indent', ...example.map(literal), '.Ed'] : []),
    ...(rows.length === 0
      ? []
      : [
          '.Bl -tag -width Ds',
          ...rows.flatMap(([term, meaning]) => [`.It ${word(term)}`, ...prose(meaning)]),
          '.El',
        ]),
    ...(commands ? renderCommands(commands) : []),
    ...groups.flatMap((group) => [
      `.Ss ${text(group)}`,
      '.Bl -tag -width Ds',
      ...(options ? shown(options).filter((option) => option.group === group) : []).flatMap(
        (option) => (options?.as === 'keys' ? renderKey(option) : renderFlag(option)),
      ),
      '.El',
    ]),
  ];
}

function renderCommands({ list, beside }: NonNullable<ManualPart['commands']>): string[] {
  const known = new Set(beside.map(({ name }) => name));
  return [
    '.Bl -tag -width Ds',
    ...list.flatMap(({ name, synopsis, summary, description, options }) => {
      const own = withFlags(options).filter((option) => !known.has(option.name));
      return [
        // Each in an enclosure of its own: they stand in one line.
        `.It Cm ${word(name)} ${synopsisMacros(synopsis)
          .map((macro) => macro.replace(/^Op (.*)$/, 'Oo $1 Oc'))
          .join(' ')}`,
        ...prose(description ?? `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`),
        ...(own.length === 0 ? [] : ['.Bl -tag -width Ds', ...own.flatMap(renderFlag), '.El']),
      ];
    }),
    '.El',
  ];
}

function shown({ table, as }: NonNullable<ManualPart['options']>): OptionTable {
  return as === 'keys'
    ? table.filter(({ configKey }) => configKey !== undefined)
    : withFlags(table);
}

function renderFlag(option: OptionDefinition): string[] {
  const placeholder = word(option.placeholder ?? 'VALUE');
  const optional =
    option.implied === undefined ? ` Ar ${placeholder}` : ` Ns Oo = Ns Ar ${placeholder} Oc`;
  const value = option.type === 'boolean' ? '' : optional;
  const short = option.short === undefined ? '' : `Fl ${option.short}${value} , `;
  // A boolean that is on is switched off.
  const name = `${option.type === 'boolean' && option.default === true ? 'no-' : ''}${option.name}`;
  return [
    `.It ${short}Fl ${flag(`-${name}`)}${value}`,
    ...describe(option),
    ...(option.type === 'string[]' ? ['May be given more than once.'] : []),
    ...(option.env === undefined ? [] : ['Environment:', `.Ev ${option.env} .`]),
  ];
}

function renderKey(option: OptionDefinition): string[] {
  const value =
    option.type === 'boolean'
      ? 'true'
      : option.type === 'string[]'
        ? `[${option.placeholder ?? 'VALUE'}, …]`
        : (option.placeholder ?? 'VALUE');
  return [`.It Ic ${word(option.configKey ?? '')} : Ar ${word(value)}`, ...describe(option)];
}

function describe(option: OptionDefinition): string[] {
  const switchedOff = option.type === 'boolean' && option.default === true;
  const value = defaultText(option);
  return [
    ...prose(`${switchedOff ? 'Off switch: ' : ''}${option.description}.`),
    ...(option.choices ? [`One of ${text(option.choices.join(', '))}.`] : []),
    ...(value === '' || option.type === 'boolean' ? [] : [`Default: ${text(value)}.`]),
  ];
}

function renderSeeAlso(pages: NonNullable<ManualPage['seeAlso']>): string[] {
  const sorted = [...pages].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  return sorted.map(
    ([name, section], at) =>
      `.Xr ${name} ${section.toString()}${at === sorted.length - 1 ? '' : ' ,'}`,
  );
}

const COLUMNS = 78;

/** Running text: mdoc wants each sentence to begin a line, and no line to be long. */
function prose(plain: string): string[] {
  return plain.split(/(?<=[.!?]) (?=[A-Z])/).flatMap((sentence) => {
    const lines: string[] = [];
    // As they are written: `…` is eight characters.
    for (const part of escape(sentence).split(' ')) {
      const last = lines.at(-1);
      if (last === undefined || last.length + part.length >= COLUMNS) lines.push(part);
      else lines[lines.length - 1] = `${last} ${part}`;
    }
    return lines.map(guarded);
  });
}

/** One line of running text. */
function text(plain: string): string {
  return guarded(escape(plain));
}

/** What begins as a request does is none. */
function guarded(escaped: string): string {
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

function literal(line: string): string {
  return line === '' ? '\\&' : text(line).replaceAll('-', '\\-');
}

/** An argument of a macro: blanks do not divide it, and what looks like a macro is none. */
function word(plain: string): string {
  const escaped = escape(plain).replaceAll('"', '""').replaceAll('-', '\\-');
  return /^[A-Z][a-z]$|^[.,:;()[\]?!|]$/.test(plain) ? `"\\&${escaped}"` : `"${escaped}"`;
}

function flag(name: string): string {
  return escape(name).replaceAll('-', '\\-');
}

function escape(plain: string): string {
  return plain.replaceAll('\\', '\\e').replace(/[^\x20-\x7e]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return `\\[u${code}]`;
  });
}
