import { loadOptions, useUtc } from '@vallum/options';
import { DEFAULT_CONFIG } from './configuration.js';
import { findControlPath } from './control/control-path.js';
import type { Environment } from './environment.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { daemonOptions } from './options.js';
import { stateFolder, type DaemonValues } from './settings.js';

interface Fault {
  readonly ok: false;
  readonly exitCode: ExitCode;
  readonly detail: string;
}

/** Where a vallumd is to be found. */
interface Place {
  readonly ok: true;
  /** Where it keeps its state; undefined: nowhere. */
  readonly folder: string | undefined;
  /** Where it listens for questions; undefined: nowhere. */
  readonly socketPath: string | undefined;
  readonly backend: DaemonValues['backend'];
}

/**
 * Where the vallumd of these options keeps its state and listens, for a command that is about it. Takes all options
 * of vallumd, since its configuration file may hold any of them.
 */
export async function findDaemon(
  argv: readonly string[],
  env: Environment,
): Promise<Place | Fault> {
  const loaded = await loadOptions(daemonOptions, { argv, env, defaultConfigPath: DEFAULT_CONFIG });
  if (!loaded.ok) return { ok: false, exitCode: EXIT.usage, detail: loaded.detail };
  const { values } = loaded.value;
  if (values.utc) useUtc();
  const folder = stateFolder(values, env);
  const socketPath = findControlPath(values, folder, env);
  return { ok: true, folder, socketPath, backend: values.backend };
}

/** The same, for a command that can do nothing without a state folder. */
export async function findStateFolder(
  argv: readonly string[],
  env: Environment,
): Promise<(Place & { readonly folder: string }) | Fault> {
  const found = await findDaemon(argv, env);
  if (!found.ok) return found;
  const { folder, backend } = found;
  if (folder !== undefined) return { ...found, folder };
  const detail = `with --backend ${backend} nothing is kept; --state-dir names a folder`;
  return { ok: false, exitCode: EXIT.noInput, detail };
}
