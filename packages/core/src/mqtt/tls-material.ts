import { existsSync, readFileSync } from 'node:fs';
import { VallumError } from '../words/errors.js';
import { errorCode } from './error-code.js';
import { loadTls } from './load-tls.js';
import type { MqttOptions } from './mqtt-options.js';
import { quote } from './quote.js';

export interface TlsMaterial {
  readonly ca: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}

type TlsOptions = Pick<MqttOptions, 'ca' | 'caFile' | 'certFile' | 'keyFile'>;

/** Where distributions keep the system's authorities: Debian and Alpine, Fedora and RHEL, SUSE. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
];

/**
 * Reads what TLS needs, anew for each connection so that renewed certificates count.
 *
 * @throws VallumError `INVALID_ARGUMENT` naming the file
 */
export function readTlsMaterial(options: TlsOptions, environment = process.env): TlsMaterial {
  if (options.ca !== undefined && options.caFile !== undefined) {
    throw invalid('the authorities are given twice, as text and as a file: keep one of them');
  }
  if ((options.certFile === undefined) !== (options.keyFile === undefined)) {
    throw invalid('a client certificate needs both its certificate file and its key file');
  }
  const ca =
    options.ca !== undefined
      ? [options.ca]
      : options.caFile !== undefined
        ? [readPem(options.caFile, 'CA file', 'CERTIFICATE')]
        : systemAuthorities(environment);
  return {
    ca,
    ...(options.certFile === undefined
      ? {}
      : { cert: readPem(options.certFile, 'client certificate', 'CERTIFICATE') }),
    ...(options.keyFile === undefined
      ? {}
      : { key: readPem(options.keyFile, 'client key', 'PRIVATE KEY') }),
  };
}

/**
 * Node brings roots of its own and ignores the system's, where an administrator has put the
 * company's authority (update-ca-certificates). Both count here, as for every other program.
 */
function systemAuthorities(environment: NodeJS.ProcessEnv): string[] {
  const bundle = [environment['SSL_CERT_FILE'], ...SYSTEM_BUNDLES].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  );
  // Giving `ca` makes Node leave NODE_EXTRA_CA_CERTS out.
  const extra = environment['NODE_EXTRA_CA_CERTS'];
  const files = [bundle, extra].flatMap((path) =>
    path !== undefined && existsSync(path) ? [path] : [],
  );
  return [
    ...loadTls().rootCertificates,
    ...[...new Set(files)].map((path) => readFileSync(path, 'utf8')),
  ];
}

function readPem(path: string, what: string, block: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(`cannot read the ${what} ${quote(path)}: ${String(errorCode(error))}`);
  }
  // -----BEGIN CERTIFICATE-----, -----BEGIN RSA PRIVATE KEY-----
  if (!new RegExp(`-----BEGIN [A-Z0-9 ]*${block}-----`).test(text)) {
    throw invalid(
      `the ${what} ${quote(path)} holds no PEM block "${block}": is it the right file?`,
    );
  }
  return text;
}

function invalid(message: string): VallumError {
  return new VallumError(message, { code: 'INVALID_ARGUMENT', operation: 'mqtt tls' });
}
