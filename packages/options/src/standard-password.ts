import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPlainFile } from './password-file.js';

/** Of this machine's account at the broker, whichever program uses it: in its first line. */
export const STANDARD_PASSWORD_FILE = '/etc/vallum/mqtt-password';
/** The name in `LoadCredential=mqtt-password:…` (systemd.exec(5)). */
const CREDENTIAL = 'mqtt-password';

interface Login {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly 'password-file'?: string | undefined;
  readonly url?: string | undefined;
}

/**
 * Where the password is, where options name a user and no password: what systemd hands over, else the
 * standard file. The packaged unit falls back to an empty credential, which counts as none.
 *
 * @returns undefined where no password is wanted or none is there
 */
export function findPasswordFile(
  login: Login,
  env: Readonly<Record<string, string | undefined>>,
  standardFile: string = STANDARD_PASSWORD_FILE,
): string | undefined {
  if (!wantsPassword(login)) return undefined;
  const credentials = env['CREDENTIALS_DIRECTORY'];
  const credential =
    credentials === undefined || credentials === '' ? undefined : join(credentials, CREDENTIAL);
  return [credential, standardFile].find((path) => path !== undefined && isThere(path));
}

function wantsPassword(login: Login): boolean {
  if (login.password !== undefined || login['password-file'] !== undefined) return false;
  if (login.username !== undefined) return true;
  if (login.url === undefined || !URL.canParse(login.url)) return false;
  const { username, password } = new URL(login.url);
  return username !== '' && password === '';
}

/** One that this user may not read is there too: whoever reads it says what to do. */
function isThere(path: string): boolean {
  try {
    // A FIFO would keep us waiting, and give what it has only once.
    return !isPlainFile(path) || readFileSync(path, 'utf8').trim() !== '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}
