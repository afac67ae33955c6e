import { escapeForDisplay } from '@vallum/core';
import { withRemedy } from '@vallum/options';
import { finding, type Finding } from './finding.js';
import type { BrokerFacts } from './gather-broker.js';

/** Whether the broker is there, lets this machine in, and speaks MQTT as it should. */
export function checkBroker(facts: BrokerFacts): Finding[] {
  const { sight, connection, clientId } = facts;
  const { broker } = sight;
  if (sight.fault !== undefined) {
    // TCP stood, and TLS did not: the port is somebody's, but not that of a TLS listener.
    const check = sight.reached === 'nothing' ? 'broker' : 'tls';
    return [
      finding('critical', check, broker, withRemedy(sight.fault, sight.code), howToReach(broker)),
    ];
  }
  const findings = [finding('ok', 'broker', broker, 'can be reached')];
  // The certificate's finding says why nothing else was asked.
  if (sight.distrust !== undefined) return findings;
  if (connection === undefined) {
    const message =
      'takes connections but does not answer MQTT: is it a broker, is the port right?';
    return [finding('critical', 'broker', broker, message, howToReach(broker))];
  }
  if (connection.state !== 'connected') {
    const message =
      `${withRemedy(connection.detail, connection.code)} (asked as client id "${clientId}", so that a running vallumd keeps ` +
      'its connection)';
    return [...findings, finding('critical', 'credentials', broker, message)];
  }
  const version = connection.protocolVersion === 5 ? '5' : '3.1.1';
  const less = connection.protocolVersion === 5 ? '' : ': it does not say what it refuses';
  return [
    ...findings,
    finding('ok', 'credentials', broker, 'lets this machine in'),
    finding('ok', 'protocol', broker, `speaks MQTT ${version}${less}`),
  ];
}

/** Plain text over a network that others may read. */
export function checkEncryption(facts: BrokerFacts, withPassword: boolean): Finding[] {
  const { tls, broker } = facts.sight;
  if (tls || isThisMachine(broker)) return [];
  const what = withPassword ? 'the password and every ban' : 'every ban';
  const message = `no TLS: ${what} can be read and changed on the way`;
  return [finding('warning', 'encryption', broker, message, 'give the broker TLS, then tls: true')];
}

/** Whether messages that come while the daemon is away wait for it. */
export function checkSession({ sight, sessionKept, clientId }: BrokerFacts): Finding[] {
  if (sessionKept === undefined) return [];
  if (sessionKept === 'unknown') {
    const message = 'the broker let this machine in once and then not again, so it was not seen';
    return [finding('unknown', 'session', sight.broker, message)];
  }
  if (sessionKept) {
    const message = `keeps sessions over a reconnection (tried as "${clientId}")`;
    return [finding('ok', 'session', sight.broker, message)];
  }
  const message =
    'forgets the session of a client that leaves: what is sent while vallumd is away is lost';
  const remedy =
    "allow persistent sessions at the broker (mosquitto: persistent_client_expiration, 'persistence true')";
  return [finding('warning', 'session', sight.broker, message, remedy)];
}

/**
 * @param consequence what does not work where publishing is refused, and how bad that is; `unheard`: what
 *   it means that the broker has nobody to give it to
 */
export function checkPublication(
  { publication }: BrokerFacts,
  consequence: {
    readonly level: 'warning' | 'critical';
    readonly text: string;
    readonly unheard?: string;
  },
): Finding[] {
  if (publication === undefined) return [];
  const topic = escapeForDisplay(publication.topic);
  const remedy = `mosquitto acl_file: topic write ${topic}`;
  const detail = publication.detail ?? '';
  switch (publication.outcome) {
    case 'heard':
    case 'starved':
      if (publication.unheard === true && consequence.unheard !== undefined) {
        return [finding('warning', 'publish', topic, consequence.unheard)];
      }
      return [finding('ok', 'publish', topic, 'allowed')];
    case 'refused': {
      const message = `${detail}; ${consequence.text}`;
      return [finding(consequence.level, 'publish', topic, message, remedy)];
    }
    case 'silent': {
      const message =
        'the broker took the message; over MQTT 3.1.1 it does so also where it throws it away';
      return [finding('unknown', 'publish', topic, message, remedy)];
    }
    case 'ended':
      return [finding('unknown', 'publish', topic, detail, remedy)];
    case 'unknown':
      return [finding('unknown', 'publish', topic, detail)];
  }
}

function isThisMachine(broker: string): boolean {
  return /^[a-z]+:\/\/(localhost|127\.[\d.]+|\[::1\])(:|\/|$)/.test(broker);
}

/** `mqtt://broker.example:1883` */
function howToReach(broker: string): string {
  const match = /^[a-z]+:\/\/(?:\[(.+)\]|([^:/]+)):(\d+)/.exec(broker);
  return `nc -vz ${match?.[1] ?? match?.[2] ?? broker} ${match?.[3] ?? ''}`.trimEnd();
}
