import { defineOption, utcOption } from '@vallum/options';

/** What is logged, how, and where. */
export const logOptions = [
  defineOption({
    name: 'log-format',
    type: 'enum',
    choices: ['text', 'json'],
    env: 'VALLUM_LOG_FORMAT',
    configKey: 'log-format',
    default: 'text',
    description: 'Log lines for people (text) or for programs (json)',
    group: 'Logging',
    placeholder: 'FORMAT',
  }),
  utcOption,
  defineOption({
    name: 'log-level',
    type: 'enum',
    choices: ['error', 'warning', 'info', 'debug'],
    env: 'VALLUM_LOG_LEVEL',
    configKey: 'log-level',
    default: 'info',
    description: 'How much to log; bans and unbans are logged at info',
    group: 'Logging',
    placeholder: 'LEVEL',
  }),
  defineOption({
    name: 'log-entries',
    type: 'enum',
    choices: ['few', 'all'],
    env: 'VALLUM_LOG_ENTRIES',
    configKey: 'log-entries',
    default: 'few',
    description:
      'For messages with more than 100 entries, and floods of refusals: name a few entries and count the rest (few), or name all',
    group: 'Logging',
    placeholder: 'AMOUNT',
  }),
  defineOption({
    name: 'log-target',
    type: 'enum',
    choices: ['stderr', 'syslog'],
    env: 'VALLUM_LOG_TARGET',
    configKey: 'log-target',
    default: 'stderr',
    description:
      'Where the log goes: stderr, which under systemd is the journal, or syslog with facility daemon',
    group: 'Logging',
    placeholder: 'TARGET',
  }),
] as const;
