import type { Duplex } from 'node:stream';
import type { Clock } from '../system/clock.js';
import type { OutboxLimits } from '../transport/transport.js';

/** How to reach the broker, and as whom. Either `url` or `host`. */
export interface MqttOptions {
  /**
   * `mqtt://`, `mqtts://`, `ws://` or `wss://`, host, port and (WebSocket) path. A user name and
   * password in it are used where `username` and `password` are not given, and never logged.
   */
  readonly url?: string;
  /** A name, an IPv4 address, or an IPv6 address with or without brackets. */
  readonly host?: string;
  /** Default 1883, with TLS 8883; only beside `host`. */
  readonly port?: number;
  readonly username?: string;
  /** A function is asked again at each connection, so that a password file may change. */
  readonly password?: string | (() => string);

  /** TLS beside `host`; a URL says it by itself. Implied by any of the files below. */
  readonly tls?: boolean;
  /** PEM file of the only authorities to trust. Default: the system's. Read again at each connection. */
  readonly caFile?: string;
  /** The same as PEM text. */
  readonly ca?: string;
  /** PEM files of the client certificate and its key, for a broker that asks for one. */
  readonly certFile?: string;
  readonly keyFile?: string;

  /** Must be stable and unique among all clients of the broker where the session is persistent. */
  readonly clientId?: string;
  /**
   * true (default): nothing is kept by the broker while this client is away. false: a persistent
   * session, in which messages sent meanwhile wait; needs `clientId`.
   */
  readonly cleanSession?: boolean;
  /**
   * Seconds a persistent session waits for its client (MQTT 5). Default 7 days: long enough for
   * a machine that is off over a holiday, and a machine that never comes back does not fill the
   * broker for ever. MQTT 3.1.1 cannot say it; there the broker's own limit counts.
   */
  readonly sessionExpirySeconds?: number;

  /**
   * Default 60. A connection that has died in silence is noticed after one and a half of it, unless
   * the broker asks for another.
   */
  readonly keepaliveSeconds?: number;
  /** From the first byte until the broker has accepted. Default 20,000. */
  readonly connectTimeoutMs?: number;
  /** What the broker publishes when this client vanishes without a clean close. */
  readonly will?: {
    readonly topic: string;
    /** A function is asked again at each connection, so that it may tell of it. */
    readonly payload: string | (() => string);
    /** Default 1. */
    readonly qos?: 0 | 1 | 2;
    readonly retain?: boolean;
    /** As `OutgoingMessage.expirySeconds`. */
    readonly expirySeconds?: number;
    /**
     * How long the broker waits for this client to come back before it publishes: a connection that
     * breaks for a moment is then no news. It waits no longer than the session lasts, so not at all
     * for a clean one. Default 0. MQTT 3.1.1 cannot say it, and it is left out there.
     */
    readonly delaySeconds?: number;
  };
  /** 4: MQTT 3.1.1 only; 5: MQTT 5 only. Default: 5, and 4 where the broker refuses 5. */
  readonly protocolVersion?: 4 | 5;
  /**
   * Pauses between attempts: doubled from the first to the longest, of which a random part between
   * half and all is waited. Five times as long where the broker said no: its answer changes when
   * somebody acts.
   */
  readonly retry?: {
    /** Default 1,000. */
    readonly firstMs?: number;
    /** Default 10,000: a broker that restarts costs seconds. */
    readonly longestMs?: number;
    /** A connection that lasted this long starts the pauses anew. Default 10,000. */
    readonly stableMs?: number;
  };
  /** What may wait for a connection or its confirmation. */
  readonly outbox?: OutboxLimits;
  readonly deps?: {
    readonly clock?: Clock;
    /** 0 to 1, for the pauses. Default: `Math.random`. */
    readonly random?: () => number;
    /** All addresses of a host name; rejects where it has none. Default: the system's resolver. */
    readonly resolve?: (host: string) => Promise<readonly string[]>;
    /** A new connection to a broker in this process, in place of one to host and port. Neither TLS nor WebSocket. */
    readonly connect?: () => Duplex;
  };
}
