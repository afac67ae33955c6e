import { hideArguments } from '@vallum/options';
import { connect } from './connect.js';
import { ExitCode } from './exit-codes.js';
import { Interrupt } from './interruption.js';
import { runPublish } from './run-publish.js';
import { standardError, standardOutput } from './standard-streams.js';

export interface Ended {
  readonly code: number;
  /** The whole way was gone, up to the broker's confirmation. */
  readonly sent: boolean;
}

/** Runs the program; whoever calls it ends the process, since standard input may still be open. */
export async function main(argv: readonly string[]): Promise<Ended> {
  hideArguments('vallum-pub');

  const interrupt = new Interrupt();
  let interruptedBy: ExitCode = ExitCode.interrupted;
  // Once: whoever asks a second time does not want to wait for an explanation.
  process.once('SIGINT', () => {
    interrupt.abort();
  });
  process.once('SIGTERM', () => {
    if (!interrupt.aborted) interruptedBy = ExitCode.terminated;
    interrupt.abort();
  });

  const way = { connected: false };
  try {
    const code = await runPublish(argv, {
      get stdin() {
        return process.stdin;
      },
      stdout: standardOutput,
      get stderr() {
        return standardError();
      },
      env: process.env,
      signal: interrupt,
      connect: (broker, waitMs, listens) => {
        way.connected = true;
        return connect(broker, waitMs, listens);
      },
    });
    return {
      code: code === ExitCode.interrupted ? interruptedBy : code,
      sent: way.connected && (code === ExitCode.ok || code === ExitCode.unheard),
    };
  } catch (error) {
    standardError().write(
      `vallum-pub: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`,
    );
    return { code: ExitCode.internal, sent: false };
  }
}
