import { errorMessage } from './error-code.js';
import { refused, type Explanation } from './explanation.js';
import { quote } from './quote.js';

/** What OpenSSL's codes say of certificates, the broker's and ours; undefined where it is neither. */
export function explainCertificate(
  code: string,
  error: unknown,
  broker: string,
): Explanation | undefined {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return refused(
        'certificate-untrusted',
        `the certificate of ${broker} is self-signed and not trusted`,
      );
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
    case 'CERT_UNTRUSTED':
      return refused(
        'certificate-untrusted',
        `the certificate of ${broker} is signed by an authority that is not trusted (${code})`,
      );
    case 'CERT_HAS_EXPIRED':
      return refused(
        'certificate-outdated',
        `the certificate of ${broker}, or its CA's, has expired: renew it`,
      );
    case 'CERT_NOT_YET_VALID':
      return refused(
        'certificate-outdated',
        `the certificate of ${broker} is not valid yet: check this machine's clock`,
      );
    case 'CERT_REVOKED':
      return refused('certificate-outdated', `the certificate of ${broker} has been revoked`);
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return refused(
        'certificate-of-another-host',
        `the certificate of ${broker} is for another host${certificateNames(error)}: ` +
          'connect by a name it holds, or have the certificate made for this one',
      );
    default:
  }
  // ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED, ERR_SSL_TLSV1_ALERT_UNKNOWN_CA,
  // ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE, ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: the peer's words.
  const alert = /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13)_ALERT_(.+)$/.exec(code)?.[1];
  if (alert === undefined) {
    return code.startsWith('ERR_SSL_') || code.startsWith('ERR_OSSL_')
      ? refused('tls-failed', `TLS with ${broker} failed: ${code}`)
      : undefined;
  }
  const wanted = /CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE/.test(alert);
  return refused(
    wanted ? 'client-certificate-refused' : 'tls-failed',
    `${broker} refused the TLS connection (${alert.toLowerCase().replaceAll('_', ' ')})` +
      (wanted ? ': does it want a client certificate, signed by a CA that it trusts?' : ''),
  );
}

/** Node: `Host: x. is not in the cert's altnames: DNS:broker.example, IP Address:192.0.2.1` */
function certificateNames(error: unknown): string {
  const names = /altnames: (.+)$/s.exec(errorMessage(error))?.[1];
  return names === undefined ? '' : ` (it holds ${quote(names)})`;
}
