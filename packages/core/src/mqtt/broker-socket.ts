import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { connect as connectTcp, isIP, type NetConnectOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Endpoint } from './endpoint.js';
import type { Reached } from './explain-failure.js';
import type { TlsMaterial } from './tls-material.js';

export interface BrokerSocket {
  readonly socket: Socket;
  /** The peer's address and every address that the host name resolved to. */
  addresses(): string[];
  reached(): Reached;
}

// Node's 250 ms give up on every address of a broker behind a slow link (satellite, cellular).
const NEXT_ADDRESS_AFTER_MS = 2_000;

/**
 * Opens a TCP or TLS connection. Errors come as events of the socket.
 *
 * @param address where the endpoint's host is known to be
 */
export function openBrokerSocket(
  endpoint: Endpoint,
  tls: TlsMaterial | undefined,
  address?: string,
): BrokerSocket {
  const resolved: string[] = [];
  const options = {
    host: address ?? endpoint.host,
    port: endpoint.port,
    // Node 18 tries only the first address of a name unless asked.
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
    lookup: (
      hostname: string,
      lookupOptions: LookupOptions,
      callback: (
        error: NodeJS.ErrnoException | null,
        address: string | LookupAddress[],
        family?: number,
      ) => void,
    ) => {
      lookup(hostname, lookupOptions, (error, address, family) => {
        if (error === null) {
          const found = Array.isArray(address) ? address : [{ address }];
          resolved.push(...found.map((entry) => entry.address));
        }
        callback(error, address, family);
      });
    },
  } satisfies NetConnectOpts;
  const socket = endpoint.tls
    ? connectTls({
        ...options,
        ...(tls?.ca === undefined ? {} : { ca: [...tls.ca] }),
        ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
        ...(tls?.key === undefined ? {} : { key: tls.key }),
        // SNI carries names only (RFC 6066 section 3).
        ...(address !== undefined || isIP(endpoint.host) === 0
          ? { servername: endpoint.host }
          : {}),
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
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
  return {
    socket,
    addresses: () => [...new Set(peer === undefined ? resolved : [peer, ...resolved])],
    reached: () => reached,
  };
}
