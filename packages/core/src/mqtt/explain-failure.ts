import type { ConnectionFault } from '../words/connection-fault.js';
import { BrokerFault } from './broker-fault.js';
import { errorCode, errorMessage } from './error-code.js';
import { quote } from './quote.js';
import { reasonText } from './reason-text.js';

/** What is known when a connection, or the attempt at one, has ended. */
export interface Ending {
  /** Reason code of a CONNACK that said no. */
  readonly connackCode?: number;
  /** Reason code of a DISCONNECT from the broker (MQTT 5). */
  readonly disconnectCode?: number;
  /** Of the socket, TLS, the WebSocket or the parser. */
  readonly error?: unknown;
  /** What stood: nothing, TCP without the TLS it should carry, or all that MQTT needs. */
  readonly reached: Reached;
  /** The broker had accepted the client. */
  readonly accepted: boolean;
  readonly broker: string;
  readonly tls: boolean;
  readonly clientId: string;
  readonly username?: string;
  readonly connectTimeoutMs: number;
}

export type Reached = 'nothing' | 'tcp' | 'ready';

export interface Explanation {
  readonly state: 'disconnected' | 'refused';
  /** What happened and what to look at, safe to print; what to type is known by code. */
  readonly detail: string;
  readonly code: ConnectionFault;
  /** The broker does not speak MQTT 5: it said so, or it hung up on the first packet. */
  readonly tryOlderProtocol?: 'said' | 'guessed';
}

/** The one place that knows what the codes of MQTT, Node and OpenSSL mean to an administrator. */
export function explainFailure(ending: Ending): Explanation {
  if (ending.connackCode !== undefined) return explainConnack(ending.connackCode, ending);
  if (ending.disconnectCode !== undefined) return explainDisconnect(ending.disconnectCode, ending);
  return explainError(ending);
}

// MQTT 3.1.1 section 3.2.2.3 (1 to 5), MQTT 5 section 3.2.2.2 (128 and above).
function explainConnack(code: number, ending: Ending): Explanation {
  const { broker, clientId } = ending;
  const who = ending.username === undefined ? 'no user name' : `user ${quote(ending.username)}`;
  switch (code) {
    case 1:
    case 0x84:
      return {
        ...refused('protocol-unsupported', `${broker} does not speak this version of MQTT`),
        tryOlderProtocol: 'said',
      };
    case 2:
    case 0x85:
      return refused(
        'client-id-refused',
        `${broker} does not accept the client id ${quote(clientId)}: choose another`,
      );
    case 3:
    case 0x88:
      return lost('broker-unavailable', `${broker} says that it is unavailable at present`);
    case 0x89:
      return lost('broker-unavailable', `${broker} says that it is busy`);
    case 4:
    case 0x86:
      return refused(
        'credentials-refused',
        `${broker} refused the user name or password (${who}): check both`,
      );
    case 5:
    case 0x87:
      return refused(
        'not-authorised',
        `${broker} does not authorise this client (${who}, client id ${quote(clientId)}): ` +
          "check user name and password, and the broker's access rules",
      );
    case 0x8a:
      return refused(
        'client-id-refused',
        `${broker} has banned the client id ${quote(clientId)}: see its configuration`,
      );
    case 0x8c:
      return refused('refused', `${broker} wants a way of authentication that is not supported`);
    case 0x90:
      return refused(
        'will-refused',
        `${broker} refused the topic of the last will: allow it in its access rules`,
      );
    case 0x95:
      return refused(
        'will-refused',
        `${broker} finds the CONNECT packet too large: shorten the last will`,
      );
    case 0x9a:
      return refused(
        'will-refused',
        `${broker} keeps no retained messages: send the last will without retain`,
      );
    case 0x9b:
      return refused('will-refused', `${broker} refuses the QoS of the last will: lower it`);
    case 0x9c:
    case 0x9d:
      return refused('refused', `${broker} says to use another server: ask whoever runs it which`);
    default:
      return refused('refused', `${broker} refused the connection: ${reasonText(code)}`);
  }
}

// MQTT 5 section 3.14.2.1
function explainDisconnect(code: number, ending: Ending): Explanation {
  const { broker, clientId } = ending;
  switch (code) {
    case 0x00:
    case 0x8b:
      return lost('broker-unavailable', `${broker} is shutting down`);
    case 0x87:
      return refused(
        'not-authorised',
        `${broker} withdrew the authorisation of this client: check its access rules`,
      );
    case 0x8d:
      return lost(
        'connection-lost',
        `${broker} heard nothing within the keep-alive time and closed the connection`,
      );
    case 0x8e:
      return refused(
        'client-id-taken',
        `${broker} gave the session to another client with the same client id ${quote(clientId)}: ` +
          'two that share one disconnect each other for ever; give each machine its own client id',
      );
    default:
      return refused('refused', `${broker} closed the connection: ${reasonText(code)}`);
  }
}

function explainError(ending: Ending): Explanation {
  const { broker, error } = ending;
  const code = String(errorCode(error) ?? '');
  const certificate = explainCertificate(code, error, broker);
  if (certificate !== undefined) return certificate;
  if (ending.accepted) {
    const keepalive = errorMessage(error) === 'Keepalive timeout';
    return lost(
      'connection-lost',
      keepalive
        ? `${broker} did not answer within the keep-alive time`
        : `the connection to ${broker} ended${because(error, code)}`,
    );
  }
  const cannot = `cannot reach ${broker}`;
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
      return lost(
        'host-unknown',
        `${cannot}: the host name does not resolve (${code}): check it, and DNS`,
      );
    case 'ECONNREFUSED':
      return lost(
        'unreachable',
        `${cannot}: connection refused: is the broker running, is the port right?`,
      );
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
      return lost(
        'unreachable',
        `${cannot} (${code}): check the network, and firewalls in between`,
      );
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return refused(
        'no-tls',
        `${broker} does not answer in TLS: is the port right, has it a TLS listener?`,
      );
    default:
  }
  const text = errorMessage(error);
  if (text === 'connack timeout') {
    const seconds = ending.connectTimeoutMs / 1000;
    return lost(
      noAnswer(ending),
      `${cannot}: no answer within ${seconds} s: is it an MQTT broker? ${tlsHint(ending)}`,
    );
  }
  // ws: "Unexpected server response: 404"
  const status = /^Unexpected server response: (\d{3})$/.exec(text)?.[1];
  if (status !== undefined) {
    return refused(
      'no-web-socket',
      `${broker} answers HTTP ${status} instead of a WebSocket: check the URL's path`,
    );
  }
  if (ending.reached === 'tcp') {
    return lost(
      'no-tls',
      `${broker} broke off the TLS handshake${code === '' ? '' : ` (${code})`}: ` +
        'is the port right, has it a TLS listener?',
    );
  }
  if (ending.reached === 'ready') {
    return {
      ...lost(
        noAnswer(ending),
        `${broker} closed the connection before it answered` +
          `${code === '' ? '' : ` (${code})`}: ${tlsHint(ending)}`,
      ),
      tryOlderProtocol: 'guessed',
    };
  }
  return lost('unreachable', `${cannot}: ${code || quote(text || 'the connection was closed')}`);
}

function explainCertificate(code: string, error: unknown, broker: string): Explanation | undefined {
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

function tlsHint(ending: Ending): string {
  return ending.tls ? 'is it a TLS listener for MQTT?' : 'a TLS listener needs TLS here too';
}

function noAnswer(ending: Ending): ConnectionFault {
  return ending.tls ? 'no-answer' : 'no-answer-without-tls';
}

function refused(code: ConnectionFault, detail: string): Explanation {
  return { state: 'refused', detail, code };
}

function lost(code: ConnectionFault, detail: string): Explanation {
  return { state: 'disconnected', detail, code };
}

function because(error: unknown, code: string): string {
  if (error instanceof BrokerFault) return `: ${error.message}`;
  return code === '' ? '' : ` (${code})`;
}
