import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { NodeView } from './node-view.js';
import type { RouterOptions } from './router.js';

/** A query holds an address and a few words. */
export const SERVER_BOUNDS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
};

/**
 * Answers HTTP on connections that others have accepted. All that it takes is loaded with the first of them:
 * most nodes are never asked.
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
  const { createServer } = await import('node:http');
  return createServer(SERVER_BOUNDS, await makeListener(view, options));
}

/** One router for the socket and the port, loaded where one of them is asked. */
export async function makeListener(
  view: NodeView,
  options: RouterOptions,
): Promise<RequestListener> {
  const { getRequestListener } = await import('@hono/node-server');
  const { createRouter } = await import('./router.js');
  const router = createRouter(view, options);
  const listener = getRequestListener(router.fetch, { overrideGlobalObjects: false });
  return (request, response) => void listener(request, response);
}
