import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { VallumError } from '@vallum/core';
import { PUBLIC, SECRET, type Folder } from './folder.js';

/** Ten years: an authority of one's own is no browser's, and a fleet that is locked out stays so. */
const DAYS = '3650';
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Certificates by the program openssl, which every administrator can check them with. */
export class Certificates {
  readonly #folder: Folder;

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  /**
   * An authority for this broker alone: `ca.pem`, `ca.key`.
   *
   * @throws VallumError `BACKEND_UNAVAILABLE` where openssl is missing or fails
   */
  async authority(name: string): Promise<void> {
    if (this.#folder.has('ca.pem') && this.#folder.has('ca.key')) return;
    await this.#inTemporary(async (at) => {
      writeFileSync(
        at('ca.conf'),
        [
          '[req]',
          'distinguished_name = name',
          'x509_extensions = authority',
          'prompt = no',
          '[name]',
          `CN = Vallum CA of ${name}`.slice(0, 64),
          '[authority]',
          'basicConstraints = critical, CA:TRUE, pathlen:0',
          'keyUsage = critical, keyCertSign, cRLSign',
          'subjectKeyIdentifier = hash',
          '',
        ].join('\n'),
      );
      await openssl([
        ...['req', '-x509', ...NEW_KEY, '-sha256', '-days', DAYS, '-config', at('ca.conf')],
        ...['-keyout', at('key'), '-out', at('cert')],
      ]);
      this.#folder.make('ca.key', readFileSync(at('key'), 'utf8'), SECRET);
      this.#folder.make('ca.pem', readFileSync(at('cert'), 'utf8'), PUBLIC);
    });
  }

  /** `<path>.pem` and `<path>.key`, where they are not there yet. */
  async issue(path: string, name: string, use: readonly string[] | 'client'): Promise<void> {
    if (this.#folder.has(`${path}.pem`)) return;
    await this.#inTemporary(async (at) => {
      const names =
        use === 'client' ? [] : use.map((each) => `${isIP(each) === 0 ? 'DNS' : 'IP'}:${each}`);
      const extensions = [
        'basicConstraints = critical, CA:FALSE',
        'keyUsage = critical, digitalSignature',
        `extendedKeyUsage = ${use === 'client' ? 'clientAuth' : 'serverAuth'}`,
        'authorityKeyIdentifier = keyid',
        ...(names.length === 0 ? [] : [`subjectAltName = ${names.join(', ')}`]),
        '',
      ];
      writeFileSync(at('extensions'), extensions.join('\n'));
      // A key that is there is kept: its certificate was removed to be renewed.
      const known = this.#folder.has(`${path}.key`) ? this.#folder.at(`${path}.key`) : undefined;
      await openssl([
        ...['req', '-new', '-subj', `/CN=${name.slice(0, 64)}`, '-out', at('request')],
        ...(known === undefined ? [...NEW_KEY, '-keyout', at('key')] : ['-key', known]),
      ]);
      await openssl([
        ...['x509', '-req', '-sha256', '-days', DAYS, '-in', at('request'), '-out', at('cert')],
        ...['-CA', this.#folder.at('ca.pem'), '-CAkey', this.#folder.at('ca.key')],
        ...['-set_serial', `0x01${randomBytes(15).toString('hex')}`],
        ...['-extfile', at('extensions')],
      ]);
      if (known === undefined) {
        this.#folder.make(`${path}.key`, readFileSync(at('key'), 'utf8'), SECRET);
      }
      this.#folder.make(`${path}.pem`, readFileSync(at('cert'), 'utf8'), PUBLIC);
    });
  }

  /** A key that is only half made is never seen under its name. */
  async #inTemporary(work: (at: (name: string) => string) => Promise<void>): Promise<void> {
    const folder = mkdtempSync(this.#folder.at('.making-'));
    try {
      await work((name) => join(folder, name));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function openssl(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('openssl', args, { env: { ...process.env, LC_ALL: 'C' } }, (error, _out, said) => {
      if (error === null) {
        resolve();
        return;
      }
      const message =
        error.code === 'ENOENT'
          ? 'openssl is not installed, which makes the certificates: apt install openssl'
          : `openssl ${args[0] ?? ''} failed: ${said.trim().split('\n').at(-1) ?? ''}`;
      reject(
        new VallumError(message, {
          ...{ code: 'BACKEND_UNAVAILABLE', operation: 'openssl', cause: error },
        }),
      );
    });
  });
}
