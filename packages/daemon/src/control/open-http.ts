import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { VallumError } from '@vallum/core';
import { ListenCertificate } from '../embedded-broker/listen-certificate.js';
import { guard } from './guard.js';
import { HTTP_FILES, type HttpSettings } from './http-settings.js';
import type { NodeView } from './node-view.js';
import type { RouterOptions } from './router.js';
import { makeListener, SERVER_BOUNDS } from './serve.js';
import { TokenFile } from './token-file.js';

export interface HttpOptions {
  readonly view: NodeView;
  readonly settings: HttpSettings;
  readonly metrics: RouterOptions['metrics'];
  readonly say: (level: 'info' | 'warning' | 'error', message: string) => void;
}

export interface Http {
  close(): Promise<void>;
}

/** Prometheus, a person or two, and who watches the node from outside. */
const MOST_CONNECTIONS = 64;
const MOST_STREAMS = 16;
/** Whoever neither sends nor takes anything for so long is gone; a stream says something every 15 s. */
const IDLE_MS = 60_000;
const TRY_AGAIN_MS = 30_000;

/**
 * Answers HTTP on a port. Where it cannot be had, because something else has it or the address is not there
 * yet, it is tried again: a node bans all the same.
 *
 * @throws VallumError `INVALID_ARGUMENT` for a file that cannot be used
 */
export async function openHttp({ view, settings, metrics, say }: HttpOptions): Promise<Http> {
  const { address, tokenFile } = settings;
  const complain = (sentence: string) => {
    say('warning', sentence);
  };
  const token = tokenFile === undefined ? undefined : new TokenFile(tokenFile, complain);
  const listener = await makeListener(view, {
    mayAct: false,
    guard: guard({
      host: address.host,
      isToken: token === undefined ? undefined : (given) => token.isRight(given),
    }),
    metrics,
    mostStreams: MOST_STREAMS,
  });
  const server = makeServer(settings, listener, complain);
  server.maxConnections = MOST_CONNECTIONS;
  server.timeout = IDLE_MS;
  const place = `${address.host} port ${address.port.toString()}`;
  let timer: NodeJS.Timeout | undefined;
  let isFirst = true;
  const listen = () => {
    server.listen({ host: address.host, port: address.port });
  };
  server.on('listening', () => {
    isFirst = true;
    say('info', `HTTP is answered on ${place}${settings.certificate ? ' with TLS' : ''}`);
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (isFirst) {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message;
      say(
        'error',
        `HTTP cannot be answered on ${place}: ${why}; it is tried again, bans work all the same`,
      );
    }
    isFirst = false;
    timer = setTimeout(listen, TRY_AGAIN_MS);
    timer.unref();
  });
  listen();
  server.unref();
  return {
    close: () =>
      new Promise((resolve) => {
        clearTimeout(timer);
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

type Listener = Awaited<ReturnType<typeof makeListener>>;

function makeServer(
  { certificate, clientCaFile }: HttpSettings,
  listener: Listener,
  complain: (sentence: string) => void,
): Server | TlsServer {
  if (certificate === undefined) return createServer(SERVER_BOUNDS, listener);
  const watched = new ListenCertificate(certificate, complain, HTTP_FILES);
  const files = () => ({
    cert: readFileSync(certificate.certFile),
    key: readFileSync(certificate.keyFile),
    ...(clientCaFile === undefined ? {} : { ca: readFileSync(clientCaFile) }),
  });
  const options = {
    ...SERVER_BOUNDS,
    ...(clientCaFile === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
    minVersion: 'TLSv1.2',
  } as const;
  let inUse = watched.context();
  let server: TlsServer;
  try {
    server = createTlsServer({ ...options, ...files() }, listener);
  } catch (cause) {
    const message = `HTTP cannot be answered with these certificates: ${String(cause)}`;
    throw new VallumError(message, { code: 'INVALID_ARGUMENT', operation: 'answer HTTP', cause });
  }
  // Before TLS begins on it.
  server.prependListener('connection', () => {
    const now = watched.context();
    if (now === inUse) return;
    inUse = now;
    try {
      server.setSecureContext({ minVersion: 'TLSv1.2', ...files() });
    } catch (error) {
      complain(`the certificate from before stays in use: ${String(error)}`);
    }
  });
  return server;
}
