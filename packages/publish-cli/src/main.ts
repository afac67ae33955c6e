import type { FindingsExit } from '@vallum/doctor';
import { hideArguments } from '@vallum/options';
import { ExitCode } from './exit-codes.js';
import { runPublish } from './run-publish.js';

const argv = process.argv.slice(2);
hideArguments('vallum-pub');

const interrupt = new AbortController();
// Once: whoever asks a second time does not want to wait for an explanation.
process.once('SIGINT', () => {
  interrupt.abort(ExitCode.interrupted);
});
process.once('SIGTERM', () => {
  interrupt.abort(ExitCode.terminated);
});
// The reader of our output may be gone (vallum-pub --help | head).
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

let code: ExitCode | FindingsExit;
try {
  code = await runPublish(argv, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: interrupt.signal,
  });
} catch (error) {
  process.stderr.write(
    `vallum-pub: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`,
  );
  code = ExitCode.internal;
}
// Standard input may still be open, with nobody typing. Pipes and files are written synchronously.
process.exit(code === ExitCode.interrupted ? Number(interrupt.signal.reason) : code);
