import { fileURLToPath } from 'node:url';
import {
  startProcess,
  waitFor,
  type Finished,
  type Mosquitto,
  type ProcessOptions,
  type RunningProcess,
} from '@vallum/test-kit';

const program = fileURLToPath(new URL('../bin/vallum-pub.js', import.meta.url));

/** Nothing of the tester's own environment counts. */
const env = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.startsWith('VALLUM_'))
    .map((name) => [name, undefined]),
);

export function startVallumPub(
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<RunningProcess> {
  return startProcess(process.execPath, [program, ...args], {
    ...options,
    // Nor is anything kept on the tester's machine; tests of the spool name a folder.
    env: { ...env, NODE_EXTRA_CA_CERTS: undefined, VALLUM_SPOOL: 'false', ...options.env },
  });
}

export async function vallumPub(
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<Finished> {
  return (await startVallumPub(args, options)).exited;
}

/** mosquitto_sub on everything, a line a message as the format says. */
export async function subscribe(
  broker: Mosquitto,
  format: string,
  args: readonly string[] = [],
): Promise<RunningProcess> {
  const before = broker.log().split('Sending SUBACK').length;
  // Into a pipe it would print when its buffer is full.
  const subscriber = await startProcess('stdbuf', [
    ...['-oL', 'mosquitto_sub', '-V', '5', '-q', '2', '-t', '#', '-F', format],
    ...['-h', 'localhost', '-p', broker.port.toString(), ...args],
  ]);
  await waitFor(() => broker.log().split('Sending SUBACK').length > before, {
    what: 'the subscription',
  });
  return subscriber;
}
