import { createRequire } from 'node:module';
import type { PeerCertificate, TLSSocket } from 'node:tls';

/** What people have to know of a certificate to find the right one. */
export interface CertificateFacts {
  /** Common name, or what else of the subject there is; from outside, so to be escaped. */
  readonly subject: string;
  readonly issuer: string;
  /** Both in full, to be compared. */
  readonly subjectDn: string;
  readonly issuerDn: string;
  /** The hosts that it is for: `DNS:broker.example, IP Address:192.0.2.1`. */
  readonly names?: string;
  /** Unix seconds. */
  readonly validFromUnix: number;
  readonly validToUnix: number;
}

/** No chain is as long as this. */
const MOST = 20;

/**
 * The chain that a peer showed, its own certificate first, as far up as it is known: OpenSSL goes on in
 * what is trusted. (`getPeerX509Certificate` of Node 20 takes the certificate out of the connection:
 * afterwards no name of the host is found in it.)
 */
export function chainOf(socket: TLSSocket): CertificateFacts[] {
  const chain: CertificateFacts[] = [];
  const seen = new Set<string>();
  // A root is its own issuer.
  let at: ReturnType<TLSSocket['getPeerCertificate']> | undefined = socket.getPeerCertificate(true);
  while (at?.fingerprint256 !== undefined && !seen.has(at.fingerprint256) && seen.size < MOST) {
    seen.add(at.fingerprint256);
    chain.push(factsOf(at));
    at = 'issuerCertificate' in at ? at.issuerCertificate : undefined;
  }
  return chain;
}

/** The certificates in a PEM file that can be read, at most the first 20. */
export function certificatesIn(pem: string): CertificateFacts[] {
  // Loaded where a certificate was refused, and not at the start: it takes 3 ms.
  const { X509Certificate } = createRequire(import.meta.url)(
    'node:crypto',
  ) as typeof import('node:crypto');
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.slice(0, MOST).flatMap((block) => {
    try {
      return [factsOf(new X509Certificate(block).toLegacyObject())];
    } catch {
      // TLS has left it out as well.
      return [];
    }
  });
}

function factsOf(certificate: PeerCertificate): CertificateFacts {
  const { subject, issuer, subjectaltname: names, valid_from, valid_to } = certificate;
  return {
    subject: shortName(subject),
    issuer: shortName(issuer),
    subjectDn: JSON.stringify(subject),
    issuerDn: JSON.stringify(issuer),
    ...(names === undefined ? {} : { names }),
    validFromUnix: unixOf(valid_from),
    validToUnix: unixOf(valid_to),
  };
}

function shortName({ CN, O }: PeerCertificate['subject']): string {
  return firstOf(CN) ?? firstOf(O) ?? 'unnamed';
}

/** Typed as a string; a subject with several common names gives a list. */
function firstOf(name: unknown): string | undefined {
  const first: unknown = Array.isArray(name) ? name[0] : name;
  return typeof first === 'string' ? first : undefined;
}

/** `Nov 23 12:00:00 2026 GMT` */
function unixOf(text: string): number {
  return Math.floor(Date.parse(text) / 1000);
}
