export { alignColumns } from './align-columns.js';
export { renderBashCompletion } from './bash-completion.js';
export type { ConfigTree } from './config-tree.js';
export { convert } from './convert.js';
export { count, groupDigits } from './count.js';
export type { CommandDefinition } from './command.js';
export type { CompletedProgram } from './completed-program.js';
export { connectionOptions } from './connection-options.js';
export { withRemedy } from './connection-remedies.js';
export { renderFishCompletion } from './fish-completion.js';
export { renderHelp, type HelpText } from './help.js';
export { hideArguments } from './hide-arguments.js';
export { loadOptions, type LoadedOptions, type LoadRequest } from './load-options.js';
export { renderManual, type ManualPage, type ManualPart } from './manual.js';
export { renderMarkdown } from './markdown.js';
export { STANDARD_PASSWORD_FILE } from './standard-password.js';
export { toMqttOptions, type ConnectionValues } from './mqtt-options.js';
export {
  defineOption,
  type OptionDefinition,
  type OptionTable,
  type OptionType,
  type Values,
} from './option.js';
export { describePlace, type Place } from './place.js';
export { quote } from './quote.js';
export { openPatiently } from './read-patiently.js';
export { firstRequested, readArguments, type Argument } from './read-arguments.js';
export { readConfig, type ConfigEntry } from './read-config.js';
export {
  resolveOptions,
  type OptionFault,
  type OptionSources,
  type ResolvedOptions,
} from './resolve-options.js';
export { suggest } from './suggest.js';
export { useUtc, utcOption } from './utc.js';
export { renderZshCompletion } from './zsh-completion.js';
