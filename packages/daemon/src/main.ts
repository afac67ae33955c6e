import { hideArguments } from '@vallum/options';
import { runDaemon } from './daemon.js';
import { EXIT } from './exit-codes.js';

hideArguments('vallumd');

// A reader of the log that goes away (a closed terminal, a crashed pipe) is no reason to stop
// enforcing bans.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

// An inspector that anybody with this user's rights can open is no good in a root process.
process.on('SIGUSR1', () => undefined);

process.on('uncaughtException', (error: unknown) => {
  // JSON keeps the stack on one line.
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `vallumd: this is a fault of vallumd, please report it: ${JSON.stringify(detail)}\n`,
  );
  process.exit(EXIT.software);
});

const exitCode = await runDaemon(process.argv.slice(2));
// Output to a pipe is complete by now; a handle that somebody forgot must not keep us alive.
process.exit(exitCode);
