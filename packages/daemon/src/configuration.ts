import { VallumError } from '@vallum/core';
import { createMqttTransport } from '@vallum/core/mqtt';
import { loadOptions, type LoadedOptions } from '@vallum/options';
import type { Environment } from './environment.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { daemonOptions } from './options.js';
import { readSettings, type DaemonValues, type Settings } from './settings.js';

export interface Configuration {
  readonly values: DaemonValues;
  readonly settings: Settings;
  readonly configPath: string | undefined;
  /** Of the password, where no option names it. */
  readonly foundPassword: string | undefined;
  readonly warnings: readonly string[];
}

export interface ConfigurationFault {
  readonly exitCode: ExitCode;
  readonly detail: string;
  /** What cannot be left out is missing: the usage says what that is. */
  readonly showUsage: boolean;
}

/** Read where it exists and `--config` names no other. */
export const DEFAULT_CONFIG = '/etc/vallum/vallumd.yaml';
const FAULTS_OF_FILES: ReadonlySet<string> = new Set([
  'bad-config-file',
  'unknown-key',
  'unreadable-file',
]);

/** Reads command line, environment and file, and checks all that can be checked without acting. */
export async function readConfiguration(
  argv: readonly string[],
  env: Environment,
): Promise<({ ok: true } & Configuration) | ({ ok: false } & ConfigurationFault)> {
  const loaded = await loadOptions(daemonOptions, { argv, env, defaultConfigPath: DEFAULT_CONFIG });
  if (!loaded.ok) {
    return refuse(FAULTS_OF_FILES.has(loaded.reason) ? EXIT.config : EXIT.usage, loaded.detail);
  }
  return useOptions(loaded.value, env);
}

/** Checks options that were read, those of a subcommand among them. */
export function useOptions(
  loaded: Pick<
    LoadedOptions<typeof daemonOptions>,
    'values' | 'places' | 'configPath' | 'foundPassword' | 'warnings'
  >,
  env: Environment,
): ({ ok: true } & Configuration) | ({ ok: false } & ConfigurationFault) {
  const { values, places, configPath, foundPassword, warnings } = loaded;
  const settings = readSettings(values, places, env);
  if (!settings.ok) {
    const { kind, detail } = settings;
    return refuse(kind === 'config' ? EXIT.config : EXIT.usage, detail, kind === 'incomplete');
  }
  try {
    // Opens nothing; says what is wrong with certificates and credentials.
    createMqttTransport(settings.value.mqtt);
  } catch (error) {
    if (error instanceof VallumError) return refuse(EXIT.config, error.message);
    throw error;
  }
  return {
    ok: true,
    values,
    settings: settings.value,
    configPath,
    foundPassword,
    warnings: [...warnings, ...settings.value.warnings],
  };
}

function refuse(exitCode: ExitCode, detail: string, showUsage = false) {
  return { ok: false as const, exitCode, detail, showUsage };
}
