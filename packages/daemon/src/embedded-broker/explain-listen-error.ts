import { VallumError } from '@vallum/core';
import type { ListenAddress } from '../listen-address.js';

export function explainListenError(cause: unknown, { host, port }: ListenAddress): VallumError {
  const code = (cause as NodeJS.ErrnoException).code;
  const where = `port ${port.toString()} of ${host}`;
  const operation = 'listen';
  switch (code) {
    case 'EADDRINUSE':
      return new VallumError(
        `cannot listen on ${where}: another program does; use another port, or use that broker ` +
          'with --host and without --listen (ss -ltnp shows it)',
        { code: 'BROKER_UNREACHABLE', operation, cause },
      );
    case 'EACCES':
      return new VallumError(
        `cannot listen on ${where}: ports below 1024 need root or CAP_NET_BIND_SERVICE`,
        { code: 'PERMISSION_DENIED', operation, cause },
      );
    case 'EADDRNOTAVAIL':
      return new VallumError(
        `cannot listen on ${where}: this machine has no such address (ip addr lists them)`,
        { code: 'BROKER_UNREACHABLE', operation, cause },
      );
    default:
      return new VallumError(`cannot listen on ${where}: ${code ?? String(cause)}`, {
        code: 'BROKER_UNREACHABLE',
        operation,
        cause,
      });
  }
}
