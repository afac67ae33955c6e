import { renderHelp } from '@vallum/options';
import { describeCommands } from './commands.js';
import { daemonOptions } from './options.js';

const SUMMARY = 'vallumd -h HOST [-p PORT] [-u NAME] [-P PASSWORD] -t TOPIC[=SET] [-t …]';

/** The short usage, for somebody who left out what is needed. */
export function renderUsage(): string {
  const rows = daemonOptions.flatMap((option) =>
    'ancestor' in option
      ? [`  -${option.short}, --${option.name.padEnd(10)} ${option.description}\n`]
      : [],
  );
  return `Usage: ${SUMMARY}\n${rows.join('')}vallumd --help lists all options.\n`;
}

export function renderDaemonHelp(columns?: number): Promise<string> {
  return renderHelp(daemonOptions, {
    program: 'vallumd',
    usage:
      `Usage: ${SUMMARY}\n       vallumd COMMAND [options]\n\n` +
      'Listens for bans on MQTT and enforces them in kernel sets. Commands:\n' +
      describeCommands()
        .map((line) => `vallumd ${line}\n`)
        .join('') +
      'vallumd COMMAND --help tells more about each.',
    epilogue:
      'Options override environment variables, and those override the configuration file.\n' +
      'Signals: SIGHUP reads the configuration again, SIGUSR1 compares and mends as `reconcile` does,\n' +
      'SIGTERM and SIGINT stop vallumd; the sets stay as they are.\n' +
      'Exit codes: 0 ended on request, 64 usage, 69 unavailable, 70 a bug in vallumd, 77 not ' +
      'permitted, 78 configuration.',
    ...(columns === undefined ? {} : { columns }),
  });
}
