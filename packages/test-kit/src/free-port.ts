import { createServer } from 'node:net';

/** A TCP port on which nothing listened a moment ago, on any address of either family. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') {
          reject(new Error('the system named no port'));
        } else {
          resolve(address.port);
        }
      });
    });
  });
}
