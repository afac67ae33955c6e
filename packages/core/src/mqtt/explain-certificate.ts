import { describeTime } from '../words/local-time.js';
import type { CertificateFacts } from './certificate-facts.js';
import { errorMessage } from './error-code.js';
import { refused, type Ending, type Explanation } from './explanation.js';
import { quote } from './quote.js';

/** What OpenSSL's codes say of certificates, the broker's and ours; undefined where it is neither. */
export function explainCertificate(code: string, ending: Ending): Explanation | undefined {
  const { broker } = ending;
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return refused(
        'certificate-untrusted',
        `the certificate of ${broker}${forWhom(ending)} is self-signed, and ${absence(ending)}`,
      );
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
    case 'CERT_UNTRUSTED':
      return refused('certificate-untrusted', describeUntrusted(code, ending));
    case 'CERT_HAS_EXPIRED':
      return refused('certificate-outdated', describeExpired(ending));
    case 'CERT_NOT_YET_VALID':
      return refused('certificate-outdated', describeTooEarly(ending));
    case 'CERT_REVOKED':
      return refused(
        'certificate-outdated',
        `the certificate of ${broker}${forWhom(ending)} has been revoked`,
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return refused(
        'certificate-of-another-host',
        `the certificate of ${broker} is for another host${certificateNames(ending)}: ` +
          'connect by a name it holds, or have the certificate made for this one',
      );
    default:
      return explainAlert(code, ending);
  }
}

/**
 * ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED, ERR_SSL_TLSV1_ALERT_UNKNOWN_CA,
 * ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE, ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: the peer's words.
 */
function explainAlert(code: string, ending: Ending): Explanation | undefined {
  const { broker, trust } = ending;
  const alert = /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13)_ALERT_(.+)$/.exec(code)?.[1];
  if (alert === undefined) {
    return code.startsWith('ERR_SSL_') || code.startsWith('ERR_OSSL_')
      ? refused('tls-failed', `TLS with ${broker} failed: ${code}`)
      : undefined;
  }
  const said = `${broker} refused the TLS connection (${alert.toLowerCase().replaceAll('_', ' ')})`;
  if (!/CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE/.test(alert)) return refused('tls-failed', said);
  if (trust?.clientPlace === undefined) {
    return refused(
      'client-certificate-refused',
      `${said}: it seems to want a client certificate, and none was given`,
    );
  }
  const shown = trust.client();
  const facts =
    shown === undefined
      ? ''
      : ` (for ${quote(shown.subject)}, signed by ${quote(shown.issuer)}, valid until ` +
        `${describeTime(shown.validToUnix)})`;
  return refused(
    'client-certificate-refused',
    `${said}: it does not accept ${trust.clientPlace}${facts}; does it trust that authority?`,
  );
}

/** ` (for "broker.example")` */
function forWhom({ shown }: Ending): string {
  const [own] = shown?.() ?? [];
  return own === undefined ? '' : ` (for ${quote(own.subject)})`;
}

/** `the CA file "/etc/vallum/ca.pem" does not hold it (but "Vallum CA")` */
function absence({ trust }: Ending): string {
  return trust === undefined
    ? 'it is not trusted here'
    : `${trust.place} does not hold it${listed(trust.authorities())}`;
}

const FEW = 3;

function listed(authorities: readonly CertificateFacts[]): string {
  if (authorities.length === 0) return '';
  const names = authorities.slice(0, FEW).map(({ subject }) => quote(subject));
  const more = authorities.length > FEW ? ` and ${String(authorities.length - FEW)} more` : '';
  return ` (only ${names.join(', ')}${more})`;
}

function describeUntrusted(code: string, ending: Ending): string {
  const { broker, trust } = ending;
  const shown = ending.shown?.() ?? [];
  const [own] = shown;
  const last = shown.at(-1);
  if (own === undefined || last === undefined || trust === undefined) {
    return `the certificate of ${broker} is signed by an authority that is not trusted here (${code})`;
  }
  const authorities = trust.authorities();
  const top = findTop(last, authorities);
  const signed =
    `the certificate of ${broker} (for ${quote(own.subject)}) is signed by ${quote(own.issuer)}` +
    (top.issuerDn === own.issuerDn ? '' : `, and that in the end by ${quote(top.issuer)}`);
  if (authorities.some((one) => one.subjectDn === top.issuerDn)) {
    return (
      `${signed}; ${trust.place} holds an authority of that name, but with another key: was it made ` +
      'anew? Copy its present certificate here'
    );
  }
  const hint =
    shown.length === 1 && top === last
      ? `; if ${quote(own.issuer)} is an intermediate authority, the broker has to send its certificate too`
      : '';
  return `${signed}, and ${trust.place} does not hold that authority${listed(authorities)}${hint}`;
}

/** As OpenSSL has looked for the way up, where it went on in what is trusted. */
function findTop(
  last: CertificateFacts,
  authorities: readonly CertificateFacts[],
): CertificateFacts {
  const left = new Set(authorities.filter((one) => one.subjectDn !== one.issuerDn));
  let top = last;
  for (;;) {
    const next = [...left].find((one) => one.subjectDn === top.issuerDn);
    if (next === undefined) return top;
    left.delete(next);
    top = next;
  }
}

function describeExpired(ending: Ending): string {
  const { broker, nowUnix } = ending;
  const found = findCertificate(ending, ({ validToUnix }) => validToUnix <= nowUnix);
  return found === undefined
    ? `the certificate of ${broker}, or its CA's, has expired: renew it`
    : `${found.whose} expired on ${describeTime(found.facts.validToUnix)}: renew it ` +
        `(here it is ${describeTime(nowUnix)})`;
}

function describeTooEarly(ending: Ending): string {
  const { broker, nowUnix } = ending;
  const found = findCertificate(ending, ({ validFromUnix }) => validFromUnix > nowUnix);
  return found === undefined
    ? `the certificate of ${broker} is not valid yet: check this machine's clock`
    : `${found.whose} is not valid before ${describeTime(found.facts.validFromUnix)}, and this ` +
        `machine's clock says ${describeTime(nowUnix)}: is it right?`;
}

function findCertificate(
  ending: Ending,
  isMeant: (facts: CertificateFacts) => boolean,
): { readonly facts: CertificateFacts; readonly whose: string } | undefined {
  const { broker, trust } = ending;
  const shown = ending.shown?.() ?? [];
  const at = shown.findIndex(isMeant);
  const facts = shown[at];
  const authority = trust?.authorities().find(isMeant);
  // The way up was found in what is trusted, where the broker has not shown it.
  if (facts !== undefined && (at === 0 || facts.subjectDn !== authority?.subjectDn)) {
    const name = quote(facts.subject);
    return at === 0
      ? { facts, whose: `the certificate of ${broker} (for ${name})` }
      : { facts, whose: `the certificate of the authority ${name} that ${broker} showed` };
  }
  return authority === undefined
    ? undefined
    : {
        facts: authority,
        whose: `the certificate of the authority ${quote(authority.subject)} in ${trust?.place ?? ''}`,
      };
}

/** Node: `Host: x. is not in the cert's altnames: DNS:broker.example, IP Address:192.0.2.1` */
function certificateNames({ error, shown }: Ending): string {
  const [own] = shown?.() ?? [];
  const names = own?.names ?? /altnames: (.+)$/s.exec(errorMessage(error))?.[1];
  return names === undefined ? '' : ` (it holds ${quote(names)})`;
}
