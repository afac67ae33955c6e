import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { SecureContext } from 'node:tls';
import { VallumError } from '@vallum/core';
import { quote } from '@vallum/options';

/** Paths of PEM files: the certificate, those between it and its CA behind it, and its key. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

const LISTEN = { certFile: '--listen-cert', keyFile: '--listen-key' };

/**
 * Reads a certificate and its key for a server.
 *
 * @param options what names the files
 * @throws VallumError `INVALID_ARGUMENT` naming the file: unreadable, no PEM, a key of another certificate
 */
export function readCertificate(
  files: CertificateFiles,
  options: Readonly<Record<keyof CertificateFiles, string>> = LISTEN,
): {
  context: SecureContext;
  /** When it ends, or that it has. */
  warning: string | undefined;
} {
  const cert = readPem(files.certFile, options.certFile, 'CERTIFICATE');
  const key = readPem(files.keyFile, options.keyFile, 'PRIVATE KEY');
  // Loaded where something listens with TLS, and not at the start: it takes a megabyte and 5 ms.
  const { createSecureContext } = createRequire(import.meta.url)(
    'node:tls',
  ) as typeof import('node:tls');
  let context: SecureContext;
  try {
    context = createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
  } catch (cause) {
    throw invalid(
      `the certificate ${quote(files.certFile)} and the key ${quote(files.keyFile)} cannot be used ` +
        'together: the key must be that of the certificate, and have no passphrase',
      cause,
    );
  }
  return { context, warning: validity(cert, files.certFile) };
}

function validity(cert: string, path: string): string | undefined {
  const { validFrom, validTo } = new X509Certificate(cert);
  if (Date.parse(validTo) < Date.now()) {
    return `the certificate ${quote(path)} ended on ${validTo}: clients refuse it, so renew it`;
  }
  return Date.parse(validFrom) > Date.now()
    ? `the certificate ${quote(path)} begins on ${validFrom}: clients refuse it until then, or a clock is wrong`
    : undefined;
}

/** Renewed files count for the next connection. */
export class ListenCertificate {
  readonly #files: CertificateFiles;
  readonly #options: typeof LISTEN;
  readonly #complain: (sentence: string) => void;
  #context: SecureContext;
  #seen: string;

  /** @throws as `readCertificate` */
  constructor(files: CertificateFiles, complain: (sentence: string) => void, options = LISTEN) {
    this.#files = files;
    this.#options = options;
    this.#complain = complain;
    this.#seen = this.#look();
    this.#context = readCertificate(files, options).context;
  }

  /** While the new files cannot be used the old ones stay in effect. */
  context(): SecureContext {
    const seen = this.#look();
    if (seen === this.#seen) return this.#context;
    this.#seen = seen;
    try {
      const { context, warning } = readCertificate(this.#files, this.#options);
      this.#context = context;
      if (warning !== undefined) this.#complain(warning);
    } catch (error) {
      if (!(error instanceof VallumError)) throw error;
      this.#complain(`${error.message}; the certificate from before stays in use`);
    }
    return this.#context;
  }

  #look(): string {
    try {
      return [this.#files.certFile, this.#files.keyFile]
        .map((path) => statSync(path))
        .map(({ mtimeMs, size, ino }) => [mtimeMs, size, ino].join(' '))
        .join('\n');
    } catch {
      // Between the removal of a file and its successor.
      return this.#seen;
    }
  }
}

/** @throws VallumError `INVALID_ARGUMENT` as `readCertificate` */
export function readPem(path: string, option: string, block: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw invalid(`cannot read the file ${quote(path)} of ${option}: ${code}`, cause);
  }
  if (!new RegExp(`-----BEGIN [A-Z0-9 ]*${block}-----`).test(text)) {
    throw invalid(
      `the file ${quote(path)} of ${option} holds no PEM block "${block}": is it the right file?`,
    );
  }
  return text;
}

function invalid(message: string, cause?: unknown): VallumError {
  return new VallumError(message, { code: 'INVALID_ARGUMENT', operation: 'listen', cause });
}
