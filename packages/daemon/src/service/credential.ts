import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../environment.js';
import type { DaemonValues } from '../settings.js';

/** The name in `LoadCredential=mqtt-password:…` (systemd.exec(5)). */
const PASSWORD = 'mqtt-password';

/**
 * Takes the password that systemd hands over, where the options name a user and no password. The
 * packaged unit falls back to an empty credential, which counts as none.
 */
export function withCredential(values: DaemonValues, env: Environment): DaemonValues {
  const folder = env['CREDENTIALS_DIRECTORY'];
  if (folder === undefined || folder === '' || !wantsPassword(values)) return values;
  const path = join(folder, PASSWORD);
  try {
    if (readFileSync(path, 'utf8').trim() === '') return values;
  } catch {
    return values;
  }
  return { ...values, 'password-file': path };
}

function wantsPassword(values: DaemonValues): boolean {
  if (values.password !== undefined || values['password-file'] !== undefined) return false;
  if (values.username !== undefined) return true;
  if (values.url === undefined || !URL.canParse(values.url)) return false;
  const { username, password } = new URL(values.url);
  return username !== '' && password === '';
}
