/** What is wrong with a connection, for programs: a sentence about it may change, this does not. */
export type ConnectionFault =
  /** The host name does not resolve. */
  | 'host-unknown'
  /** Nobody listens there, or the network does not lead there. */
  | 'unreachable'
  /** TCP stands, and nothing comes, or the peer hangs up: is it a listener for MQTT? */
  | 'no-answer'
  /** The same, where this side speaks no TLS: the peer may wait for it. */
  | 'no-answer-without-tls'
  /** What answers speaks no TLS. */
  | 'no-tls'
  /** The broker's certificate is signed by nobody whom this side trusts. */
  | 'certificate-untrusted'
  /** The broker's certificate has expired, is not valid yet, or has been revoked. */
  | 'certificate-outdated'
  | 'certificate-of-another-host'
  /** The broker wants a client certificate, or another. */
  | 'client-certificate-refused'
  /** TLS did not come about for another reason. */
  | 'tls-failed'
  /** A user name without a password was refused. */
  | 'password-missing'
  /** User name or password. */
  | 'credentials-refused'
  /** The broker knows the client and does not let it in, or not any more. */
  | 'not-authorised'
  | 'client-id-refused'
  /** Another client connected with the same client id. */
  | 'client-id-taken'
  | 'will-refused'
  /** The broker speaks neither version of MQTT that was tried. */
  | 'protocol-unsupported'
  /** HTTP was answered, and no WebSocket. */
  | 'no-web-socket'
  /** The broker says that it is busy, overloaded or on its way down. */
  | 'broker-unavailable'
  /** A connection that stood has ended: cut off, or silent for too long. */
  | 'connection-lost'
  /** The password or a certificate file cannot be read at present. */
  | 'credentials-unreadable'
  /** Any other refusal. */
  | 'refused';
