import type { Clock } from '../system/clock.js';

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

  /** Default 60. */
  readonly keepaliveSeconds?: number;
  /** From the first byte until the broker has accepted. Default 20,000. */
  readonly connectTimeoutMs?: number;
  /** What the broker publishes when this client vanishes without a clean close. */
  readonly will?: {
    readonly topic: string;
    readonly payload: string;
    /** Default 1. */
    readonly qos?: 0 | 1 | 2;
    readonly retain?: boolean;
  };
  /** 4: MQTT 3.1.1 only; 5: MQTT 5 only. Default: 5, and 4 where the broker refuses 5. */
  readonly protocolVersion?: 4 | 5;
  /** Pauses between attempts: doubled from the first to the longest, with jitter. */
  readonly retry?: {
    /** Default 1,000. */
    readonly firstMs?: number;
    /** Default 60,000. */
    readonly longestMs?: number;
    /** A connection that lasted this long starts the pauses anew. Default 10,000. */
    readonly stableMs?: number;
  };
  readonly deps?: { readonly clock?: Clock; readonly random?: () => number };
}
