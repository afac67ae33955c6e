import { loadOptions, useUtc } from '@vallum/options';
import { DEFAULT_CONFIG } from './configuration.js';
import { findControlPath } from './control/control-path.js';
import type { Environment } from './environment.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { daemonOptions } from './options.js';
import { stateFolder } from './settings.js';

type Found =
  | {
      readonly ok: true;
      readonly folder: string;
      /** Where it listens for questions; undefined: nowhere. */
      readonly socketPath: string | undefined;
    }
  | { readonly ok: false; readonly exitCode: ExitCode; readonly detail: string };

/**
 * Where the vallumd of these options keeps its state, for a command that is about it. Takes all options
 * of vallumd, since its configuration file may hold any of them.
 */
export async function findStateFolder(argv: readonly string[], env: Environment): Promise<Found> {
  const loaded = await loadOptions(daemonOptions, { argv, env, defaultConfigPath: DEFAULT_CONFIG });
  if (!loaded.ok) return { ok: false, exitCode: EXIT.usage, detail: loaded.detail };
  const { values } = loaded.value;
  if (values.utc) useUtc();
  const folder = stateFolder(values, env);
  const socketPath = findControlPath(values, folder, env);
  if (folder !== undefined) return { ok: true, folder, socketPath };
  const detail = `with --backend ${values.backend} nothing is kept; --state-dir names a folder`;
  return { ok: false, exitCode: EXIT.noInput, detail };
}
