import type { BrokerSight, SeenCertificate } from '@vallum/core/mqtt';
import { withRemedy } from '@vallum/options';
import { finding, type Finding } from './finding.js';

const DAY_SECONDS = 86_400;
/** Time for three reminders, a weekend and a holiday. */
const WARN_DAYS = 21;

/** Trust in the broker's certificates, and how long it will last. */
export function checkCertificates(
  sight: BrokerSight,
  own: readonly SeenCertificate[],
  nowUnix: number,
): Finding[] {
  const findings: Finding[] = [];
  if (sight.distrust !== undefined) {
    findings.push(
      finding(
        'critical',
        'trust',
        sight.broker,
        withRemedy(sight.distrust, sight.code),
        showChain(sight.broker),
      ),
    );
  } else if (sight.certificates.length > 0) {
    const chain = sight.certificates.map(({ subject }) => subject).join(' ← ');
    findings.push(finding('ok', 'trust', sight.broker, `its certificate is trusted (${chain})`));
  } else if (sight.tls && sight.fault === undefined) {
    const message = 'it showed no certificate that could be looked at';
    findings.push(finding('unknown', 'trust', sight.broker, message, showChain(sight.broker)));
  }
  sight.certificates.forEach((certificate, at) => {
    const whose = at === 0 ? "the broker's certificate" : "the certificate of the broker's CA";
    findings.push(checkExpiry(certificate, whose, 'renew it at the broker', nowUnix));
  });
  for (const certificate of own) {
    findings.push(
      checkExpiry(certificate, 'the client certificate', 'renew the --cert-file', nowUnix),
    );
  }
  return findings;
}

function checkExpiry(
  { subject, validToUnix }: SeenCertificate,
  whose: string,
  remedy: string,
  nowUnix: number,
): Finding {
  if (!Number.isFinite(validToUnix)) {
    const message = `${whose} has an end that cannot be read`;
    return finding('unknown', 'certificate', subject, message, remedy);
  }
  const days = Math.floor((validToUnix - nowUnix) / DAY_SECONDS);
  const date = new Date(validToUnix * 1000).toISOString().slice(0, 10);
  if (validToUnix <= nowUnix) {
    return finding('critical', 'certificate', subject, `${whose} expired on ${date}`, remedy);
  }
  const left = days === 1 ? '1 day' : `${days.toString()} days`;
  const message = `${whose} is valid until ${date}, ${left} left`;
  return days < WARN_DAYS
    ? finding('warning', 'certificate', subject, message, remedy)
    : finding('ok', 'certificate', subject, message);
}

/** `mqtts://broker.example:8883` */
function showChain(broker: string): string {
  const authority = broker.replace(/^[a-z]+:\/\//, '').replace(/\/.*$/, '');
  return `openssl s_client -connect ${authority} -showcerts </dev/null`;
}
