import { lookup } from 'node:dns';
import {
  connect as connectTcp,
  isIP,
  type NetConnectOpts,
  type OnReadOpts,
  type Socket,
  type TcpNetConnectOpts,
} from 'node:net';
import type { Duplex } from 'node:stream';
import { chainOf, type CertificateFacts } from './certificate-facts.js';
import type { Endpoint } from './endpoint.js';
import type { Reached } from './explanation.js';
import { loadTls } from './load-tls.js';
import type { TlsMaterial } from './tls-material.js';

export interface BrokerSocket<Stream extends Duplex = Socket> {
  readonly socket: Stream;
  /** The peer's address and every address that the host name resolved to. */
  addresses(): string[];
  reached(): Reached;
  /** The certificates that the broker showed, its own first; none before the TLS handshake ended. */
  readonly shown: () => readonly CertificateFacts[];
}

// Node's 250 ms give up on every address of a broker behind a slow link (satellite, cellular).
const NEXT_ADDRESS_AFTER_MS = 2_000;
const READ_LENGTH = 64 * 1024;

/** Where the endpoint's host is, where that is known already. */
export interface Whereabouts {
  /** To be taken in place of the name. */
  readonly address?: string;
  /** What the name resolved to: all are tried, and nothing else is asked. */
  readonly addresses?: readonly string[];
}

export interface HowToOpen extends Whereabouts {
  /** For looking only: the certificate is not checked before the handshake ends. */
  readonly trustAny?: boolean;
  /** Takes what comes, in place of `data` events: without a stream some 40 µs sooner. */
  readonly read?: (bytes: Buffer) => void;
}

/** Opens a TCP or TLS connection. Errors come as events of the socket. */
export function openBrokerSocket(
  endpoint: Endpoint,
  tls: TlsMaterial | undefined,
  { address, addresses, trustAny = false, read }: HowToOpen = {},
): BrokerSocket {
  const resolved: string[] = [...(addresses ?? [])];
  const options = {
    host: address ?? endpoint.host,
    port: endpoint.port,
    // Node 18 tries only the first address of a name unless asked.
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
    ...(read === undefined ? {} : { onread: readInto(Buffer.allocUnsafeSlow(READ_LENGTH), read) }),
    lookup: addresses === undefined ? noting(resolved) : knowing(addresses),
  } satisfies NetConnectOpts;
  const socket = endpoint.tls
    ? loadTls().connect({
        ...options,
        ...(tls?.ca === undefined ? {} : { ca: [...tls.ca] }),
        ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
        ...(tls?.key === undefined ? {} : { key: tls.key }),
        // SNI carries names only (RFC 6066 section 3).
        ...(address !== undefined || isIP(endpoint.host) === 0
          ? { servername: endpoint.host }
          : {}),
        minVersion: 'TLSv1.2',
        rejectUnauthorized: !trustAny,
      })
    : connectTcp(options);
  socket.setNoDelay(true);
  let peer: string | undefined;
  let reached: Reached = 'nothing';
  socket.once('connect', () => {
    peer = socket.remoteAddress;
    reached = endpoint.tls ? 'tcp' : 'ready';
  });
  if (endpoint.tls) socket.once('secureConnect', () => (reached = 'ready'));
  let shown: readonly CertificateFacts[] = [];
  if ('getPeerCertificate' in socket) {
    // Node (lib/_tls_wrap.js) ends the handshake with this event, and where it does not trust the
    // certificate destroys the socket in its own listener: afterwards nobody can ask for it.
    socket.prependOnceListener('secure', () => {
      shown = chainOf(socket);
    });
  }
  return {
    socket,
    addresses: () => [...new Set(peer === undefined ? resolved : [peer, ...resolved])],
    reached: () => reached,
    shown: () => shown,
  };
}

/** The same for a broker in this process. */
export function openBrokerStream(
  connect: () => Duplex,
  read: (bytes: Buffer) => void,
): BrokerSocket<Duplex> {
  const socket = connect();
  socket.on('data', read);
  return { socket, addresses: () => [], reached: () => 'ready', shown: () => [] };
}

type Lookup = NonNullable<TcpNetConnectOpts['lookup']>;

/** The system's resolver, with what it finds written down. */
function noting(resolved: string[]): Lookup {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, address, family) => {
      if (error === null) {
        const found: readonly { address: string }[] = Array.isArray(address)
          ? address
          : [{ address }];
        resolved.push(...found.map((entry) => entry.address));
      }
      callback(error, address, family);
    });
  };
}

/** In place of the resolver, as it would answer: Node tries all of them, both families in turn. */
function knowing(addresses: readonly string[]): Lookup {
  const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_hostname, options, callback) => {
    const [first] = all;
    process.nextTick(() => {
      if (options.all === true || first === undefined) callback(null, all);
      else callback(null, first.address, first.family);
    });
  };
}

/** The buffer takes what comes next as soon as the callback is over, so what is in it is copied. */
function readInto(buffer: Buffer, read: (bytes: Buffer) => void): OnReadOpts {
  return {
    buffer,
    callback: (length) => {
      const bytes = Buffer.allocUnsafe(length);
      buffer.copy(bytes, 0, 0, length);
      read(bytes);
      return true;
    },
  };
}
