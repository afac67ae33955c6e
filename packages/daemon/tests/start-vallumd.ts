import { fileURLToPath } from 'node:url';
import {
  mustRun,
  runProcess,
  startProcess,
  type Finished,
  type ProcessOptions,
  type RunningProcess,
} from '@vallum/test-kit';

const program = fileURLToPath(new URL('../bin/vallumd.js', import.meta.url));

/** Nothing of the machine's own configuration or state takes part. */
export const environment = { VALLUMD_CONFIG: undefined, STATE_DIRECTORY: '/dev/null/none' };

/** For tests that start it through something else. */
export function vallumdCommand(args: readonly string[]): string[] {
  return [process.execPath, program, ...args];
}

export function startVallumd(
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<RunningProcess> {
  return startProcess(process.execPath, [program, ...args], {
    ...options,
    env: { ...environment, ...options.env },
  });
}

export function runVallumd(
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<Finished> {
  return runProcess(process.execPath, [program, ...args], {
    ...options,
    env: { ...environment, ...options.env },
  });
}

/** As the ancestor's manual writes it: `mosquitto_pub -q 2 -t blacklist/add -m 1.2.3.4`. */
export async function publish(
  port: number,
  topic: string,
  message: string,
  ...more: readonly string[]
): Promise<void> {
  const args = ['-p', port.toString(), '-q', '2', '-t', topic, '-m', message, ...more];
  await mustRun('mosquitto_pub', args);
}

/** The retained message of a topic, or '' where there is none. */
export async function retained(
  port: number,
  topic: string,
  ...more: readonly string[]
): Promise<string> {
  const args = ['-p', port.toString(), '-t', topic, '-C', '1', '-W', '1', ...more];
  const { stdout } = await runProcess('mosquitto_sub', args);
  return stdout.trim();
}
