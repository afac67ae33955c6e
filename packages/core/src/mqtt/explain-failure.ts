import type { ConnectionFault } from '../words/connection-fault.js';
import { BrokerFault } from './broker-fault.js';
import { errorCode, errorMessage } from './error-code.js';
import { explainCertificate } from './explain-certificate.js';
import { explainConnack, explainDisconnect } from './explain-refusal.js';
import { lost, refused, type Ending, type Explanation } from './explanation.js';
import { quote } from './quote.js';

/** What the codes of MQTT, Node and OpenSSL mean to an administrator; nobody else knows them. */
export function explainFailure(ending: Ending): Explanation {
  if (ending.connackCode !== undefined) return explainConnack(ending.connackCode, ending);
  if (ending.disconnectCode !== undefined) return explainDisconnect(ending.disconnectCode, ending);
  return explainError(ending);
}

function explainError(ending: Ending): Explanation {
  const { broker, error } = ending;
  const code = String(errorCode(error) ?? '');
  const certificate = explainCertificate(code, ending);
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

function tlsHint(ending: Ending): string {
  return ending.tls ? 'is it a TLS listener for MQTT?' : 'a TLS listener needs TLS here too';
}

function noAnswer(ending: Ending): ConnectionFault {
  return ending.tls ? 'no-answer' : 'no-answer-without-tls';
}

function because(error: unknown, code: string): string {
  if (error instanceof BrokerFault) return `: ${error.message}`;
  return code === '' ? '' : ` (${code})`;
}
