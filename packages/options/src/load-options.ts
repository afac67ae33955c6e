import { readFileSync, statSync } from 'node:fs';
import type { OptionTable, Values } from './option.js';
import { describePlace, type Place } from './place.js';
import { quote } from './quote.js';
import { isPlainFile, readPasswordOnce, type Cancellation } from './password-file.js';
import { readConfig, type ConfigEntry } from './read-config.js';
import {
  resolveOptions,
  type OptionFault,
  type OptionSources,
  type ResolvedOptions,
} from './resolve-options.js';
import { failure, success, type Result } from './result.js';
import { findPasswordFile } from './standard-password.js';
import { errorCode, whyUnreadable } from './why-unreadable.js';

export interface LoadedOptions<Table extends OptionTable> extends ResolvedOptions<Table> {
  /** The configuration file that was read, if any. */
  readonly configPath?: string;
  /** The password file, where no option names one and it was found where it is expected. */
  readonly foundPassword?: string;
  /** Sentences for the log: what works but should be looked at. */
  readonly warnings: readonly string[];
}

export interface LoadRequest extends Omit<OptionSources, 'config'> {
  /** Ends the waiting for a password that comes from a FIFO. */
  readonly cancellation?: Cancellation;
  /** Read where it exists, if no option named `config` names another. */
  readonly defaultConfigPath: string;
  /** Read already, from a file of its own: rules over the configuration file, option by option. */
  readonly ownConfig?: readonly ConfigEntry[];
  /** Default `STANDARD_PASSWORD_FILE`. */
  readonly standardPasswordFile?: string;
}

/** How long a FIFO may keep its password back, where no option `wait` says so. */
const WAIT_SECONDS = 10;

/**
 * `resolveOptions` with the configuration file that `--config` or the default path names. A password
 * file that is a FIFO or a device is read here, once, and its content becomes the password.
 */
export async function loadOptions<const Table extends OptionTable>(
  table: Table,
  request: LoadRequest,
): Promise<Result<LoadedOptions<Table>, OptionFault>> {
  const loaded = await loadWithFile(table, request);
  if (!loaded.ok) return loaded;
  const values = loaded.value.values as Record<string, unknown>;
  const path = values['password-file'];
  if (typeof path !== 'string' || isPlainFile(path)) return loaded;
  const wait = typeof values['wait'] === 'number' ? values['wait'] : WAIT_SECONDS;
  const password = await readPasswordOnce(path, wait, request.cancellation);
  if (!password.ok) return password;
  const read = { ...values, password: password.value, 'password-file': undefined };
  return success({ ...loaded.value, values: read as Values<Table> });
}

async function loadWithFile<const Table extends OptionTable>(
  table: Table,
  request: LoadRequest,
): Promise<Result<LoadedOptions<Table>, OptionFault>> {
  const own = request.ownConfig ?? [];
  const withoutFile = resolveOptions(table, { ...request, config: own });
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
      const complete = withPassword(table, withoutFile.value, request);
      return success({ ...complete, warnings: readableSecrets(complete) });
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
  const inOwn = new Set(own.map(({ name }) => name));
  const others = entries.value.filter(({ name }) => {
    const conflicts = table.find((option) => option.name === name)?.conflicts ?? [];
    return ![name, ...conflicts].some((other) => inOwn.has(other));
  });
  const resolved = resolveOptions(table, { ...request, config: [...own, ...others] });
  if (!resolved.ok) return resolved;
  const complete = withPassword(table, resolved.value, request);
  const warnings = [
    ...readableSecrets(complete),
    ...secretsInReadableFile(table, entries.value, path),
  ];
  return success({ ...complete, configPath: path, warnings });
}

/** Takes the password from where it is expected, where a user is named and no password. */
function withPassword<const Table extends OptionTable>(
  table: Table,
  resolved: ResolvedOptions<Table>,
  { env, standardPasswordFile }: LoadRequest,
): ResolvedOptions<Table> & { readonly foundPassword?: string } {
  if (!table.some(({ name }) => name === 'password-file')) return resolved;
  const found = findPasswordFile(resolved.values, env, standardPasswordFile);
  return found === undefined
    ? resolved
    : {
        ...resolved,
        values: { ...resolved.values, 'password-file': found },
        foundPassword: found,
      };
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
const SECRET_FILES = ['password-file', 'key-file', 'listen-key', 'http-key', 'http-token-file'];

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
