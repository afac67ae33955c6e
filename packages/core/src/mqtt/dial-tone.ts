import type { Clock } from '../system/clock.js';
import type { TransportHandlers } from '../transport/transport.js';
import { errorMessage } from './error-code.js';
import { isLiteral, lookUp, notFound, withoutZone } from './find-broker.js';
import { quote } from './quote.js';

export interface DialToneOptions {
  readonly host: string;
  /** Where the host is known to be without asking: `localhost`. */
  readonly known?: readonly string[];
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly resolveWithinMs: number;
  readonly clock: Pick<Clock, 'after'>;
  readonly dialling: TransportHandlers['dialling'];
  readonly warn: (text: string) => void;
}

const DIALLING_MS = 5_000;

/**
 * What comes before an attempt at a connection: finds every address of the broker, and tells them to
 * whoever has to keep the way to them open.
 *
 * @returns the addresses that a name has now; undefined where the host needs no looking up
 * @throws Error with a `code` of the resolver
 */
export async function dialTone(options: DialToneOptions): Promise<readonly string[] | undefined> {
  const { host, known, resolve = lookUp, clock } = options;
  const named = known === undefined && !isLiteral(host);
  const found = named
    ? await within(options.resolveWithinMs, clock, resolve(host), () => notFound(host, 'EAI_AGAIN'))
    : undefined;
  if (found?.length === 0) throw notFound(host, 'ENOTFOUND');
  await tell(options, [...new Set((found ?? known ?? [host]).map(withoutZone))]);
  return found;
}

async function tell(options: DialToneOptions, addresses: readonly string[]): Promise<void> {
  const { clock, dialling, warn } = options;
  if (dialling === undefined) return;
  try {
    await within(DIALLING_MS, clock, dialling(addresses), () => {
      return new Error(`not done within ${DIALLING_MS / 1000} s`);
    });
  } catch (error) {
    warn(
      `the way to the broker (${addresses.join(', ')}) may be closed, since preparing it failed: ` +
        quote(errorMessage(error)),
    );
  }
}

function within<Value>(
  ms: number,
  clock: Pick<Clock, 'after'>,
  promise: Promise<Value>,
  late: () => Error,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      reject(late());
    });
    promise.then(resolve, reject).finally(cancel);
  });
}
