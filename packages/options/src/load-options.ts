import { readFileSync, statSync } from 'node:fs';
import type { OptionTable, Values } from './option.js';
import { describePlace, type Place } from './place.js';
import { quote } from './quote.js';
import { readConfig, type ConfigEntry } from './read-config.js';
import {
  resolveOptions,
  type OptionFault,
  type OptionSources,
  type ResolvedOptions,
} from './resolve-options.js';
import { failure, success, type Result } from './result.js';

export interface LoadedOptions<Table extends OptionTable> extends ResolvedOptions<Table> {
  /** The configuration file that was read, if any. */
  readonly configPath?: string;
  /** Sentences for the log: what works but should be looked at. */
  readonly warnings: readonly string[];
}

export interface LoadRequest extends Omit<OptionSources, 'config'> {
  /** Read where it exists, if no option named `config` names another. */
  readonly defaultConfigPath: string;
}

/** `resolveOptions` with the configuration file that `--config` or the default path names. */
export async function loadOptions<const Table extends OptionTable>(
  table: Table,
  request: LoadRequest,
): Promise<Result<LoadedOptions<Table>, OptionFault>> {
  const withoutFile = resolveOptions(table, request);
  if (!withoutFile.ok) return withoutFile;

  const named = (withoutFile.value.values as Record<string, unknown>)['config'];
  const path = typeof named === 'string' ? named : request.defaultConfigPath;
  let text: string;
  try {
    // At the start nothing else is to be done, and a thread pool would only have to be started.
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    if (typeof named !== 'string' && code === 'ENOENT') {
      return success({ ...withoutFile.value, warnings: readableSecrets(withoutFile.value) });
    }
    const places: Record<string, Place> = withoutFile.value.places;
    const place = typeof named === 'string' && places['config'];
    return failure(
      'unreadable-file',
      `the configuration file ${quote(path)}${place ? ` (${describePlace(place)})` : ''} ${whyUnreadable(code)}`,
    );
  }

  const entries = readConfig(table, text, path, await import('yaml'));
  if (!entries.ok) return entries;
  const resolved = resolveOptions(table, { ...request, config: entries.value });
  if (!resolved.ok) return resolved;
  const warnings = [
    ...readableSecrets(resolved.value),
    ...secretsInReadableFile(table, entries.value, path),
  ];
  return success({ ...resolved.value, configPath: path, warnings });
}

/** Completes a sentence about a file: `does not exist`. */
export function whyUnreadable(code: string | undefined): string {
  switch (code) {
    case 'ENOENT':
      return 'does not exist';
    case 'EACCES':
      return 'may not be read by this user; check its owner and mode (ls -l)';
    case 'EISDIR':
      return 'is a directory';
    default:
      return `cannot be read (${code ?? 'unknown error'})`;
  }
}

export function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : undefined;
}

function secretsInReadableFile(
  table: OptionTable,
  entries: readonly ConfigEntry[],
  path: string,
): string[] {
  const secret = entries.find((entry) =>
    table.some((option) => option.name === entry.name && option.secret === true),
  );
  if (!secret || !readableByOthers(path)) return [];
  return [
    `${path} holds a ${secret.name} and every user of this machine can read it: chmod o-rwx ${path}`,
  ];
}

/** Files that hold nothing but a secret. */
const SECRET_FILES = ['password-file', 'key-file', 'listen-key'];

function readableSecrets({ values }: { readonly values: Values<OptionTable> }): string[] {
  const warnings: string[] = [];
  for (const name of SECRET_FILES) {
    const path = (values as Record<string, unknown>)[name];
    if (typeof path === 'string' && readableByOthers(path)) {
      warnings.push(`every user of this machine can read the --${name}: chmod o-rwx ${path}`);
    }
  }
  return warnings;
}

function readableByOthers(path: string): boolean {
  try {
    const stats = statSync(path);
    return stats.isFile() && (stats.mode & 0o004) !== 0;
  } catch {
    // Whoever reads the file says what is wrong with it.
    return false;
  }
}
