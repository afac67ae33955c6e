export { daemonCommands } from './commands.js';
export { runDaemon } from './daemon.js';
export { EXIT, type ExitCode } from './exit-codes.js';
export { daemonOptions } from './options.js';
export { type DaemonIo } from './system-io.js';
export { OPENAPI } from './control/openapi.js';
export { version } from './version.js';
