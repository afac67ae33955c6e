import type { ExitCode } from './exit-codes.js';

/** What ends a command: the message is said as it stands, and the program exits with the code. */
export class CommandFault extends Error {
  override readonly name: string = 'CommandFault';

  constructor(
    message: string,
    readonly exitCode: ExitCode,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** By its form: what is loaded late brings a class of its own along. */
export function isCommandFault(error: unknown): error is CommandFault {
  return error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number';
}
