import { certificatesIn, type CertificateFacts } from './certificate-facts.js';
import type { MqttOptions } from './mqtt-options.js';
import { quote } from './quote.js';
import type { TlsMaterial } from './tls-material.js';

/** What this side brings to TLS, so that a failure can be told of it. Read only where it failed. */
export interface Trust {
  /** Where the authorities are that it trusts: `the CA file "/etc/vallum/ca.pem"`. */
  readonly place: string;
  /** Those that were named; none where the system's are trusted, which are many. */
  authorities(): readonly CertificateFacts[];
  /** `the client certificate "/etc/vallum/fw1.pem"`, where one is shown to the broker. */
  readonly clientPlace?: string;
  client(): CertificateFacts | undefined;
}

export function trustOf(
  { caFile, ca, certFile }: Pick<MqttOptions, 'ca' | 'caFile' | 'certFile'>,
  material: TlsMaterial | undefined,
): Trust {
  const isNamed = caFile !== undefined || ca !== undefined;
  return {
    place:
      caFile !== undefined
        ? `the CA file ${quote(caFile)}`
        : isNamed
          ? 'the list of authorities that was given'
          : "the list of the system's authorities",
    authorities: () => (isNamed ? (material?.ca ?? []).flatMap(certificatesIn) : []),
    ...(certFile === undefined ? {} : { clientPlace: `the client certificate ${quote(certFile)}` }),
    client: () => certificatesIn(material?.cert ?? '')[0],
  };
}
