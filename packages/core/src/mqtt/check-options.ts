import { VallumError } from '../words/errors.js';
import { parseEndpoint, type Endpoint } from './endpoint.js';
import { errorCode } from './error-code.js';
import { loadTls } from './load-tls.js';
import type { MqttOptions } from './mqtt-options.js';
import { quote } from './quote.js';
import { readTlsMaterial } from './tls-material.js';
import { topicFault } from '../transport/topic-filter.js';

/** @throws VallumError `INVALID_ARGUMENT` for options that cannot work */
export function checkOptions(options: MqttOptions): { endpoint: Endpoint; clientId: string } {
  const endpoint = parseEndpoint(options);
  const clientId = checkClientId(options);
  checkCredentials(options, endpoint);
  checkWill(options);
  checkTls(options, endpoint);
  return { endpoint, clientId };
}

function checkClientId(options: MqttOptions): string {
  const persistent = options.cleanSession === false;
  if (options.clientId === undefined || options.clientId === '') {
    if (persistent) {
      throw invalid('a persistent session needs a client id: the broker knows it by that');
    }
    return randomClientId(options.deps?.random ?? Math.random);
  }
  // eslint-disable-next-line no-control-regex -- forbidden or refused by brokers
  if (/[\u0000-\u001f\u007f-\u009f]/.test(options.clientId)) {
    throw invalid(`the client id ${quote(options.clientId)} holds control characters`);
  }
  return options.clientId;
}

/** Unique is enough, nobody need fail to guess it; node:crypto takes 3 ms to load. */
function randomClientId(random: () => number): string {
  const part = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return `vallum-${part()}${part()}`;
}

function checkCredentials(options: MqttOptions, endpoint: Endpoint): void {
  const username = options.username ?? endpoint.username;
  const password = options.password ?? endpoint.password;
  if (password !== undefined && username === undefined) {
    throw invalid('a password is given without a user name');
  }
}

function checkWill(options: MqttOptions): void {
  const fault = options.will === undefined ? undefined : topicFault(options.will.topic);
  if (fault !== undefined) throw invalid(`the topic of the last will: ${fault}`);
}

function checkTls(options: MqttOptions, endpoint: Endpoint): void {
  if (!endpoint.tls) return;
  const { cert, key } = readTlsMaterial(options);
  if (cert === undefined || key === undefined) return;
  try {
    loadTls().createSecureContext({ cert, key });
  } catch (error) {
    throw invalid(
      `the client certificate ${quote(options.certFile ?? '')} and the key ` +
        `${quote(options.keyFile ?? '')} cannot be used together (${String(errorCode(error))}): ` +
        'the key must be without passphrase and belong to the certificate',
    );
  }
}

function invalid(message: string): VallumError {
  return new VallumError(message, { code: 'INVALID_ARGUMENT', operation: 'mqtt options' });
}
