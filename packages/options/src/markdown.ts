import { defaultText } from './help.js';
import type { OptionDefinition, OptionTable } from './option.js';

/** Renders the reference of a table: one section a group, one row an option. */
export function renderMarkdown(table: OptionTable): string {
  const groups = [...new Set(table.map((option) => option.group))];
  return groups
    .map((group) => {
      const rows = table.filter((option) => option.group === group).map(renderRow);
      return [
        `### ${group}`,
        '',
        '| option | environment | file | default | meaning |',
        '| --- | --- | --- | --- | --- |',
        ...rows,
        '',
      ].join('\n');
    })
    .join('\n');
}

function renderRow(option: OptionDefinition): string {
  const placeholder = option.placeholder ?? 'VALUE';
  const optional = option.implied === undefined ? ` ${placeholder}` : `[=${placeholder}]`;
  const value = option.type === 'boolean' ? '' : optional;
  const flags =
    option.type === 'section'
      ? ''
      : [
          ...(option.short === undefined ? [] : [code(`-${option.short}${value}`)]),
          code(`--${option.name}${value}`),
        ].join(', ');
  const description = [
    option.description,
    ...(option.choices ? [`one of ${option.choices.map(code).join(', ')}`] : []),
    ...(option.type === 'string[]' ? ['may be given more than once'] : []),
  ].join('; ');
  const cells = [
    flags,
    option.env === undefined ? '' : code(option.env),
    option.configKey === undefined ? '' : code(option.configKey),
    defaultText(option) === '' ? '' : code(defaultText(option)),
    `${description}.`,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}
