import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder, type Namespace } from '@vallum/test-kit';
import { readDiagnosis, type Diagnosis } from './doctor-world.js';
import { vallumdCommand } from './start-vallumd.js';

/** `vallumd doctor` as an administrator types it on a machine. */
export async function doctorThere(host: Namespace, args: readonly string[]): Promise<Diagnosis> {
  const [program = '', ...rest] = vallumdCommand(['doctor', ...args, '--json']);
  const { stdout, code } = await host.run(program, rest);
  return readDiagnosis(stdout, code);
}

/** Pastes a command into a shell on a machine where `vallumd` is this one. */
export async function paste(host: Namespace, command: string): Promise<void> {
  const folder = temporaryFolder();
  const wrapper = join(folder, 'vallumd');
  const words = vallumdCommand([]).map((word) => `'${word}'`);
  await writeFile(wrapper, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
  await chmod(wrapper, 0o755);
  const path = `${folder}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  await host.exec('sh', ['-ec', command], { env: { PATH: path, VALLUMD_CONFIG: undefined } });
}

/** The rules of one user in a page of the documentation. */
export async function documentedRules(page: string, user: string): Promise<string[]> {
  const path = fileURLToPath(new URL(`../../../${page}`, import.meta.url));
  const text = await readFile(path, 'utf8');
  const [, block = ''] =
    new RegExp(`^ *user ${user}\\n((?: *(?:topic|pattern) .*\\n)+)`, 'm').exec(text) ?? [];
  return block
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
