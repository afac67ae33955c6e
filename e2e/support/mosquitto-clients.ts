import type { Mosquitto, Namespace } from '@vallum/test-kit';

/**
 * Runs `mosquitto_pub -q 2` against a broker in its namespace; bytes go through standard input, as
 * an argument holds no NUL.
 */
export async function mosquittoPub(
  namespace: Namespace,
  broker: Pick<Mosquitto, 'port'>,
  topic: string,
  payload: string | Uint8Array,
  more: readonly string[] = [],
): Promise<void> {
  const connection = ['-h', '127.0.0.1', '-p', String(broker.port), ...more];
  const what = ['-q', '2', '-t', topic];
  if (payload.length === 0) {
    await namespace.exec('mosquitto_pub', [...connection, ...what, '-n']);
  } else if (typeof payload === 'string') {
    await namespace.exec('mosquitto_pub', [...connection, ...what, '-m', payload]);
  } else {
    await namespace.exec('mosquitto_pub', [...connection, ...what, '-s'], { input: payload });
  }
}
