import { DEFAULT_MIN_PREFIX } from '@vallum/core';
import { connectionOptions, defineOption, utcOption } from '@vallum/options';

const what = 'What to send';
const how = 'How to send it';
const other = 'Other';

/** Read where it exists and `--config` names no other. */
export const DEFAULT_CONFIG_PATH = '/etc/vallum/vallum-pub.yaml';

/** Of the package: root and the group vallum-pub may write there. */
export const DEFAULT_SPOOL_FOLDER = '/var/spool/vallum-pub';

/** Some two thirds of what a node on two slow cores takes, of entries that say all there is to say. */
const DEFAULT_RATE = 105_000;

/** What `add`, `del`, `doctor` and `import` have in common. */
export const commonOptions = [
  defineOption({
    name: 'set',
    type: 'string',
    env: 'VALLUM_SET',
    configKey: 'set',
    description: 'Kernel set to ban in, such as blacklist',
    group: what,
    placeholder: 'SET',
  }),
  defineOption({
    name: 'topic',
    short: 't',
    type: 'string',
    env: 'VALLUM_TOPIC',
    configKey: 'topic',
    description: "Topic that the set listens to, without /add or /del; by default the set's name",
    group: what,
    placeholder: 'TOPIC',
  }),
  defineOption({
    name: 'file',
    short: 'f',
    type: 'file',
    description: 'List of addresses, one per line, # starts a comment; - reads standard input',
    group: what,
    placeholder: 'LIST',
  }),
  defineOption({
    name: 'timeout',
    type: 'string',
    description: 'How long the ban lasts: 90, 10m, 1h30m, 2d or never; by default the set decides',
    group: what,
    placeholder: 'TIME',
    conflicts: ['until'],
  }),
  defineOption({
    name: 'since',
    type: 'string',
    description: 'When the ban began, in Unix seconds; --timeout counts from then',
    group: what,
    placeholder: 'UNIX',
    conflicts: ['until'],
  }),
  defineOption({
    name: 'until',
    type: 'string',
    description:
      "When the ban ends: 8:00, 'tomorrow 8:00', 2026-12-01, ISO 8601, Unix seconds, or never",
    group: what,
    placeholder: 'WHEN',
    conflicts: ['timeout', 'since'],
  }),
  defineOption({
    name: 'reason',
    type: 'string',
    description: 'Why, in words for people; at most 256 characters',
    group: what,
    placeholder: 'TEXT',
  }),
  defineOption({
    name: 'origin',
    type: 'string',
    env: 'VALLUM_ORIGIN',
    configKey: 'origin',
    description: 'Who asks for this; del with an origin lifts only what that origin asked for',
    group: what,
    placeholder: 'NAME',
  }),
  defineOption({
    name: 'min-prefix',
    type: 'integer',
    env: 'VALLUM_MIN_PREFIX',
    configKey: 'min-prefix',
    default: DEFAULT_MIN_PREFIX.ipv4,
    description: 'Shortest IPv4 prefix to ban; vallumd must allow it too',
    group: what,
    placeholder: 'LENGTH',
    maximum: 32,
  }),
  defineOption({
    name: 'min-prefix6',
    type: 'integer',
    env: 'VALLUM_MIN_PREFIX6',
    configKey: 'min-prefix6',
    default: DEFAULT_MIN_PREFIX.ipv6,
    description: 'Shortest IPv6 prefix to ban',
    group: what,
    placeholder: 'LENGTH',
    maximum: 128,
  }),
  defineOption({
    name: 'qos',
    type: 'enum',
    choices: ['0', '1', '2'],
    env: 'VALLUM_QOS',
    configKey: 'qos',
    default: '1',
    description:
      'MQTT quality of service; at 0 the broker confirms nothing, at 2 some brokers do not say that nobody listens',
    group: how,
    placeholder: 'QOS',
  }),
  defineOption({
    name: 'wait',
    type: 'duration',
    env: 'VALLUM_WAIT',
    configKey: 'wait',
    default: 10,
    minimum: 1,
    maximum: 86_400,
    description: 'How long to wait for the next confirmation from the broker',
    group: how,
    placeholder: 'TIME',
  }),
  defineOption({
    name: 'rate',
    type: 'integer',
    env: 'VALLUM_RATE',
    configKey: 'rate',
    default: DEFAULT_RATE,
    minimum: 0,
    maximum: 100_000_000,
    description:
      'How many entries of a list to send per second at most, so that nodes keep up and single bans get through; 0 is no limit',
    group: how,
    placeholder: 'NUMBER',
  }),
  defineOption({
    name: 'dry-run',
    type: 'boolean',
    default: false,
    description: 'Print the topic and payload of each message instead of sending it',
    group: how,
  }),
  ...connectionOptions,
  defineOption({
    name: 'config',
    type: 'file',
    env: 'VALLUM_PUB_CONFIG',
    description: `Configuration file; by default ${DEFAULT_CONFIG_PATH}`,
    group: other,
    placeholder: 'FILE',
  }),
  defineOption({
    name: 'quiet',
    type: 'boolean',
    default: false,
    description: 'Print nothing if all went well',
    group: other,
  }),
  defineOption({ ...utcOption, group: other }),
  defineOption({
    name: 'version',
    short: 'V',
    type: 'boolean',
    default: false,
    description: 'Print the version',
    group: other,
  }),
  defineOption({
    name: 'help',
    type: 'boolean',
    default: false,
    description: 'Print this help',
    group: other,
  }),
] as const;

/** All options of vallum-pub. */
export const publishOptions = [
  ...commonOptions,
  defineOption({
    name: 'all',
    type: 'boolean',
    default: false,
    description: 'With del and --origin: every ban of that origin; nodes are asked which',
    group: what,
    conflicts: ['file'],
  }),
  defineOption({
    name: 'spool',
    type: 'boolean',
    env: 'VALLUM_SPOOL',
    configKey: 'spool',
    default: true,
    description: 'Keep what does not reach the broker, and deliver it later',
    group: how,
  }),
  defineOption({
    name: 'spool-dir',
    type: 'file',
    env: 'VALLUM_SPOOL_DIR',
    configKey: 'spool-dir',
    default: DEFAULT_SPOOL_FOLDER,
    description: 'Folder where it is kept',
    group: how,
    placeholder: 'DIR',
  }),
  defineOption({
    name: 'verbose',
    short: 'v',
    type: 'boolean',
    default: false,
    description: 'Report the connection and each message on standard error',
    group: other,
    conflicts: ['quiet'],
  }),
  defineOption({
    name: 'confirm',
    type: 'string',
    implied: 'all',
    description:
      'Wait, at most --wait, until all firewalls that are known have it in their kernel sets, or COUNT of them',
    group: how,
    placeholder: 'COUNT',
  }),
  defineOption({
    name: 'json',
    type: 'boolean',
    default: false,
    description: 'Print the result as JSON, whether it succeeds or fails',
    group: other,
  }),
] as const;
