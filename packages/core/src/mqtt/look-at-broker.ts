import type { ConnectionFault } from '../words/connection-fault.js';
import { openBrokerSocket } from './broker-socket.js';
import { checkOptions } from './check-options.js';
import { explainFailure } from './explain-failure.js';
import type { Reached } from './explanation.js';
import { loadTls } from './load-tls.js';
import type { MqttOptions } from './mqtt-options.js';
import { readTlsMaterial } from './tls-material.js';
import { trustOf } from './trust.js';

/** One certificate of the chain that a broker shows. */
export interface SeenCertificate {
  /** Common name, or what else of the subject there is. */
  readonly subject: string;
  /** Unix seconds. */
  readonly validToUnix: number;
}

/** What stands between here and a broker, below MQTT. */
export interface BrokerSight {
  /** `mqtts://broker.example:8883`, without user name and password. */
  readonly broker: string;
  readonly tls: boolean;
  /** `tcp`: connected, but the TLS that it should speak did not come about. */
  readonly reached: Reached;
  /** Why it was not reached, and what to do. */
  readonly fault?: string;
  /** Why its certificate would be refused, and what to do; undefined where it is trusted. */
  readonly distrust?: string;
  /** The same of either for programs. */
  readonly code?: ConnectionFault;
  /** From the broker's own upwards, as far as it is known; empty without TLS. */
  readonly certificates: readonly SeenCertificate[];
}

/**
 * Connects without a word of MQTT, so without credentials, and looks at the certificates. What is
 * not trusted is looked at all the same: an expired certificate says when it expired.
 *
 * @throws VallumError `INVALID_ARGUMENT` as `createMqttTransport`
 */
export async function lookAtBroker(options: MqttOptions, timeoutMs = 5_000): Promise<BrokerSight> {
  const { endpoint, clientId } = checkOptions(options);
  const { display: broker, tls } = endpoint;
  const material = tls ? readTlsMaterial(options) : undefined;
  // Nothing is said over this connection, and what is wrong with the certificate is reported.
  const { socket, shown } = openBrokerSocket(endpoint, material, { trustAny: true });
  const explain = (error: unknown, reached: Reached) =>
    explainFailure({
      ...{ error, reached, accepted: false, broker, tls, clientId, shown },
      ...(tls ? { trust: trustOf(options, material) } : {}),
      hasPassword: false,
      nowUnix: Date.now() / 1000,
      connectTimeoutMs: timeoutMs,
    });

  let reached: Reached = 'nothing';
  try {
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(timeoutMs, () => {
        reject(Object.assign(new Error('connack timeout'), { code: '' }));
      });
      socket.once('error', reject);
      socket.once('close', () => {
        reject(new Error(''));
      });
      socket.once('connect', () => {
        reached = tls ? 'tcp' : 'ready';
        if (!tls) resolve();
      });
      socket.once('secureConnect', () => {
        reached = 'ready';
        resolve();
      });
    });
    if (!tls || !(socket instanceof loadTls().TLSSocket)) {
      return { broker, tls, reached, certificates: [] };
    }
    const secure = socket;
    // Typed as Error; Node gives the code as a string (lib/_tls_wrap.js, onConnectSecure).
    const problem: unknown = secure.authorizationError;
    const seen = { broker, tls, reached, certificates: shown() };
    if (secure.authorized) return seen;
    const { detail: distrust, code } = explain({ code: String(problem) }, 'tcp');
    return { ...seen, distrust, code };
  } catch (error) {
    const { detail: fault, code } = explain(error, reached);
    return { broker, tls, reached, certificates: [], fault, code };
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
}
