export { publishCommands } from './commands.js';
export { exitCodeMeanings, ExitCode } from './exit-codes.js';
export { listForms, listRules, resultFields } from './list-forms.js';
export { publishOptions } from './options.js';
export { parseCommandLine, type CommandLine, type CommandLineFault } from './parse-command-line.js';
export type { PublishRequest } from './request.js';
export type { PublishIo } from './publish-io.js';
export { runPublish } from './run-publish.js';
