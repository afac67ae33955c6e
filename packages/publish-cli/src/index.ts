export { exitCodeMeanings, ExitCode } from './exit-codes.js';
export { publishOptions } from './options.js';
export { parseCommandLine, type CommandLine, type CommandLineFault } from './parse-command-line.js';
export type { PublishRequest } from './request.js';
export { runPublish, type PublishIo } from './run-publish.js';
