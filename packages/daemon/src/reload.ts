import { VallumError } from '@vallum/core';
import { readConfiguration, type Configuration } from './configuration.js';
import type { Environment } from './environment.js';
import type { Log } from './log.js';
import type { RunningNode } from './node.js';
import { daemonOptions } from './options.js';

export interface ReloadOptions {
  readonly current: Configuration;
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly node: Pick<RunningNode, 'reconfigure'>;
  readonly log: Pick<Log, 'write'>;
}

/** What takes effect without a new connection or a new process. */
const LIVE: ReadonlySet<string> = new Set([
  'topic',
  'sets',
  'protect',
  'protect-host',
  'min-prefix',
  'min-prefix6',
  'max-cover',
  'create',
  'create-type',
  'create-timeout',
  'create-maxelem',
  'create-range',
  'log-format',
  'log-level',
]);

/**
 * Reads the configuration again and puts it into effect, without touching the connection.
 *
 * @returns what is in effect afterwards: the old one where the new one cannot be used
 */
export async function reload(options: ReloadOptions): Promise<Configuration> {
  const { current, argv, env, node, log } = options;
  const keepOld = (detail: string) => {
    log.write({
      level: 'error',
      event: 'reload-failed',
      message: `the configuration was not reloaded, the old one stays in effect: ${detail}`,
    });
    return current;
  };

  const next = await readConfiguration(argv, env);
  if (!next.ok) return keepOld(next.detail);
  const changed = daemonOptions
    .map(({ name }) => name)
    .filter((name) => textOf(current.values[name]) !== textOf(next.values[name]));
  try {
    await node.reconfigure(next.settings.live);
  } catch (error) {
    if (error instanceof VallumError) return keepOld(error.message);
    throw error;
  }

  for (const warning of next.warnings) {
    log.write({ level: 'warning', event: 'configuration', message: warning });
  }
  const live = changed.filter((name) => LIVE.has(name));
  const pending = changed.filter((name) => !LIVE.has(name));
  log.write({
    level: 'info',
    event: 'reloaded',
    message: `configuration reloaded${describeChanges(live, pending)}`,
    fields: { changed: live },
  });
  if (pending.length > 0) {
    log.write({
      level: 'warning',
      event: 'restart-needed',
      message:
        `${pending.join(', ')}: changed in the configuration, and in effect only after a restart ` +
        '(systemctl restart vallumd); until then vallumd goes on with what it was started with',
      fields: { changed: pending },
    });
  }
  // What waits for a restart is still the old one, and is said again at the next reload.
  const inEffect = Object.fromEntries(pending.map((name) => [name, current.values[name]]));
  return { ...next, values: { ...next.values, ...inEffect } };
}

/** Where in the file a value stands is no part of it. */
function textOf(value: unknown): string {
  // Of what is not there JSON says nothing.
  return JSON.stringify([value], (key, part: unknown) => (key === 'atLine' ? undefined : part));
}

function describeChanges(live: readonly string[], pending: readonly string[]): string {
  if (live.length > 0) return `, in effect now: ${live.join(', ')}`;
  return pending.length > 0
    ? `: what changed in it (${pending.join(', ')}) needs a restart; nothing else has changed`
    : ': nothing in it has changed';
}
