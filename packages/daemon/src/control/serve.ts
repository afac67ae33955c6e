import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { NodeView } from './node-view.js';
import type { RouterOptions } from './router.js';

/** Of one request's head; a query holds an address and a few words. */
const MOST_HEADER_BYTES = 8 * 1024;
const REQUEST_WITHIN_MS = 10_000;

/**
 * Answers HTTP on connections that others have accepted. The router is loaded with the first of them: most
 * nodes are never asked.
 */
export function serveConnections(view: NodeView, options: RouterOptions): (socket: Socket) => void {
  let made: Promise<Server> | undefined;
  return (socket) => {
    made ??= makeServer(view, options);
    made.then(
      (server) => {
        server.emit('connection', socket);
      },
      () => {
        socket.destroy();
      },
    );
  };
}

async function makeServer(view: NodeView, options: RouterOptions): Promise<Server> {
  const { getRequestListener } = await import('@hono/node-server');
  const { createRouter } = await import('./router.js');
  const router = createRouter(view, options);
  const listener = getRequestListener(router.fetch, { overrideGlobalObjects: false });
  const server = createServer(
    { maxHeaderSize: MOST_HEADER_BYTES, requestTimeout: REQUEST_WITHIN_MS },
    (request, response) => void listener(request, response),
  );
  return server;
}
