import type { ConnectionFault } from '@vallum/core';

/** What to type where core can only say what is wrong: it serves programs without these options. */
const REMEDIES: Readonly<Partial<Record<ConnectionFault, string>>> = {
  'certificate-untrusted':
    "--ca-file (-c) names the file of the authorities to trust, without it the system's count",
  'client-certificate-refused': '--cert-file and --key-file name one',
  'no-answer-without-tls': '--tls (-T) or --ca-file (-c) switches it on',
  'no-tls': 'without TLS leave --tls (-T) and --ca-file (-c) out',
  'password-missing': 'give it with --password-file',
  'credentials-refused': 'see --username (-u) and --password-file',
  'client-id-taken': '--client-id gives one',
  'client-id-refused': '--client-id gives another',
  'credentials-unreadable': 'see --password-file, --ca-file, --cert-file and --key-file',
};

/**
 * What a transport says of a connection that failed, with what can be done about it on the command
 * line: `… does not hold that authority; --ca-file (-c) names the file …`
 */
export function withRemedy(detail: string, code: ConnectionFault | undefined): string {
  const remedy = code === undefined ? undefined : REMEDIES[code];
  if (remedy === undefined) return detail;
  return detail.endsWith('?') ? `${detail} (${remedy})` : `${detail}; ${remedy}`;
}
