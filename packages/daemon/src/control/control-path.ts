import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonValues } from '../settings.js';

const DEFAULT_STATE = '/var/lib/vallum';
/** In the state folder: the socket itself, or a link to where it is. */
export const IN_STATE_FOLDER = 'control.sock';

/**
 * Where the daemon of these options listens for questions of this machine: where `--control` says; in the
 * folder that systemd made for it; `/run/vallum/control.sock` where the state is kept in its usual place;
 * else beside the state.
 *
 * @param folder the state folder, undefined where none is kept
 * @returns undefined: nowhere
 */
export function controlPath(
  values: Pick<DaemonValues, 'control' | 'state-dir'>,
  folder: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (values.control !== undefined) return values.control === '' ? undefined : values.control;
  if (folder === undefined) return undefined;
  if (values['state-dir'] !== undefined && values['state-dir'] !== DEFAULT_STATE) {
    return join(folder, IN_STATE_FOLDER);
  }
  const [runtime = ''] = (env['RUNTIME_DIRECTORY'] ?? '').split(':');
  return join(runtime === '' ? '/run/vallum' : runtime, 'control.sock');
}

/**
 * Where a command finds that socket. A running vallumd may have been given another `--control`, or another
 * folder by systemd, than this command knows of; what is in its state folder leads there.
 *
 * @param folder the state folder, undefined where none is kept
 * @returns undefined: nowhere
 */
export function findControlPath(
  values: Pick<DaemonValues, 'control' | 'state-dir'>,
  folder: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const usual = controlPath(values, folder, env);
  if (values.control !== undefined || folder === undefined || usual === undefined) return usual;
  const named = join(folder, IN_STATE_FOLDER);
  return !existsSync(usual) && existsSync(named) ? named : usual;
}
