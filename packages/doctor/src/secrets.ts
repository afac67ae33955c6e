import { stat } from 'node:fs/promises';
import type { Place } from '@vallum/options';
import { finding, type Finding } from './finding.js';
import { shellWord } from './shell-word.js';

/** A file that should be for its owner and its group only. */
export interface SecretFile {
  readonly path: string;
  /** What is secret in it: `password`, `key`. */
  readonly holds: string;
}

export interface FileMode {
  /** Permission bits: 0o640. */
  readonly mode: number;
}

export interface SecretFacts extends SecretFile {
  /** undefined: it cannot be looked at. */
  readonly file: FileMode | undefined;
}

interface SecretValues {
  readonly url?: string | undefined;
  readonly password?: string | undefined;
  readonly 'password-file'?: string | undefined;
  readonly 'key-file'?: string | undefined;
}

/** Which files hold secrets, by where the options came from. */
export function secretFiles(
  values: SecretValues,
  places: Readonly<Record<'url' | 'password', Place>>,
): SecretFile[] {
  const files: SecretFile[] = [];
  const password = places.password;
  const url = places.url;
  if (values.password !== undefined && password.source === 'file') {
    files.push({ path: password.path, holds: 'password' });
  } else if (hasPassword(values.url) && url.source === 'file') {
    files.push({ path: url.path, holds: 'password' });
  }
  if (values['password-file'] !== undefined) {
    files.push({ path: values['password-file'], holds: 'password' });
  }
  if (values['key-file'] !== undefined) files.push({ path: values['key-file'], holds: 'key' });
  return files;
}

function hasPassword(url: string | undefined): boolean {
  return url !== undefined && URL.canParse(url) && new URL(url).password !== '';
}

export async function gatherSecrets(files: readonly SecretFile[]): Promise<SecretFacts[]> {
  return Promise.all(
    files.map(async (file) => ({
      ...file,
      file: await stat(file.path).then(
        ({ mode }) => ({ mode: mode & 0o7777 }),
        () => undefined,
      ),
    })),
  );
}

/** Says who else can read a secret, or replace it. */
export function checkSecrets(facts: readonly SecretFacts[]): Finding[] {
  return facts.map(({ path, holds, file }) => {
    const name = shellWord(path);
    if (!file) {
      return finding('unknown', 'secret', path, 'cannot be looked at', `sudo ls -l ${name}`);
    }
    const mode = `mode ${file.mode.toString(8).padStart(4, '0')}`;
    const byAll = (file.mode & 0o007) !== 0;
    const byGroup = (file.mode & 0o020) !== 0;
    if (byAll || byGroup) {
      const who = byAll ? 'every user of this machine can get at it' : 'its group may write to it';
      const change = [...(byGroup ? ['g-w'] : []), ...(byAll ? ['o-rwx'] : [])].join(',');
      const message = `holds a ${holds}, and ${who} (${mode})`;
      return finding('warning', 'secret', path, message, `chmod ${change} ${name}`);
    }
    return finding('ok', 'secret', path, `holds a ${holds}, closed to other users (${mode})`);
  });
}
