import type { Document, LineCounter as YamlLineCounter, Node, Scalar, YAMLMap } from 'yaml';
import type { OptionTable } from './option.js';
import type { ConfigTree } from './config-tree.js';
import { describePlace, type Place } from './place.js';
import { quote } from './quote.js';
import { failure, success, type Result } from './result.js';
import { suggest } from './suggest.js';

export type ConfigFault = 'bad-config-file' | 'unknown-key';

/** What a configuration file gives: the texts of each key's values, and where they stand. */
export interface ConfigEntry {
  readonly name: string;
  readonly place: Place;
  readonly texts: readonly string[];
  /** True for `key: [a, b]`; one text that is no list otherwise. */
  readonly isList: boolean;
  /** Of a `section`, in place of texts. */
  readonly tree?: ConfigTree;
}

/** The part of the package `yaml` that is needed; it is loaded only where there is a file to read. */
export interface Yaml {
  parseDocument(text: string, options: { lineCounter: YamlLineCounter }): Document.Parsed;
  LineCounter: new () => YamlLineCounter;
  isMap(node: unknown): node is YAMLMap;
  isScalar(node: unknown): node is Scalar;
  isSeq(node: unknown): node is { items: unknown[] };
}

/**
 * Reads `key: value` pairs. Values stay text until their option says what they are, so that a
 * password of digits or `0123` is kept as it was written.
 */
export function readConfig(
  table: OptionTable,
  text: string,
  path: string,
  yaml: Yaml,
): Result<ConfigEntry[], ConfigFault> {
  const lineCounter = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter });
  const lineOf = (offset: number | undefined) => lineCounter.linePos(offset ?? 0).line;

  const fault = document.errors[0];
  if (fault) {
    // "Implicit keys need to be on a single line at line 3, column 1:\n\nport 1883\n^\n"
    const sentence = (fault.message.split('\n')[0] ?? '').replace(
      / at line \d+, column \d+:?$/,
      '',
    );
    return failure(
      'bad-config-file',
      `${path} line ${lineOf(fault.pos[0]).toString()} is no YAML: ${sentence}`,
    );
  }
  const root = document.contents as Node | null;
  if (root === null) return success([]);
  if (!yaml.isMap(root)) {
    return failure('bad-config-file', `${path} must hold lines such as "host: broker.example.org"`);
  }

  const entries: ConfigEntry[] = [];
  for (const pair of root.items) {
    const key = yaml.isScalar(pair.key) ? String(pair.key.value) : '';
    const line = lineOf(yaml.isScalar(pair.key) ? pair.key.range?.[0] : undefined);
    const option = table.find((candidate) => candidate.configKey === key);
    if (!option) {
      const near = suggest(
        key,
        table.flatMap((candidate) => candidate.configKey ?? []),
      );
      return failure(
        'unknown-key',
        `there is no key ${quote(key)} in ${path} line ${line.toString()}; ` +
          (near === undefined ? '--help lists the options' : `did you mean ${near}?`),
      );
    }
    const place = { source: 'file', key, path, line } as const;
    if (option.type === 'section') {
      const tree = readTree(pair.value, line, lineOf, yaml);
      if (tree === undefined || !('keys' in tree)) {
        const detail = `${describePlace(place)} must hold keys of its own, indented below it`;
        return failure('bad-config-file', detail);
      }
      entries.push({ name: option.name, place, texts: [], isList: false, tree });
      continue;
    }
    const texts = readValue(pair.value, yaml);
    if (texts === undefined || (texts.isList && option.type !== 'string[]')) {
      const expected =
        option.type === 'string[]' ? 'a value or a list of values' : 'one value, on the same line';
      return failure(
        'bad-config-file',
        `${key} in ${path} line ${line.toString()} must be ${expected}`,
      );
    }
    entries.push({ name: option.name, place, ...texts });
  }
  return success(entries);
}

/** @returns undefined for what is neither text, list nor keys */
function readTree(
  node: unknown,
  atLine: number,
  lineOf: (offset: number | undefined) => number,
  yaml: Yaml,
): ConfigTree | undefined {
  if (yaml.isScalar(node)) {
    const text = scalarText(node);
    return text === undefined ? undefined : { atLine, text };
  }
  if (yaml.isSeq(node)) {
    const items: ConfigTree[] = [];
    for (const item of node.items) {
      const line = lineOf((item as Node).range?.[0]);
      const read = readTree(item, line, lineOf, yaml);
      if (read === undefined) return undefined;
      items.push(read);
    }
    return { atLine, items };
  }
  if (!yaml.isMap(node)) return undefined;
  const keys: [string, ConfigTree][] = [];
  for (const { key, value } of node.items) {
    if (!yaml.isScalar(key)) return undefined;
    const name = scalarText(key);
    const line = lineOf(key.range?.[0]);
    // A key without a value holds nothing: `blacklist:` with all of it commented out.
    const read =
      value === null || (yaml.isScalar(value) && value.value === null)
        ? { atLine: line, keys: {} }
        : readTree(value, line, lineOf, yaml);
    if (read === undefined || name === undefined) return undefined;
    keys.push([name, read]);
  }
  return { atLine, keys: Object.fromEntries(keys) };
}

function readValue(
  node: unknown,
  yaml: Yaml,
): { readonly texts: readonly string[]; readonly isList: boolean } | undefined {
  if (yaml.isScalar(node)) {
    const text = scalarText(node);
    return text === undefined ? undefined : { texts: [text], isList: false };
  }
  if (!yaml.isSeq(node)) return undefined;
  const texts = node.items.map((item) => (yaml.isScalar(item) ? scalarText(item) : undefined));
  return texts.every((text) => text !== undefined) ? { texts, isList: true } : undefined;
}

/** `0123` and `1e3` as they were written, not as the number YAML makes of them. */
function scalarText(scalar: Scalar): string | undefined {
  if (scalar.value === null) return undefined;
  return typeof scalar.value === 'string' ? scalar.value : scalar.source;
}
