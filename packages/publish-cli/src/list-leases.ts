import { quote } from '@vallum/options';
import { askLeases, type AskedLeases } from './ask-leases.js';
import { CommandFault } from './command-fault.js';
import { chosenBroker, type ConnectionChoice } from './connect.js';
import { ExitCode } from './exit-codes.js';
import type { OpenList } from './open-list.js';
import type { PublishIo } from './publish-io.js';
import type { PublishRequest } from './request.js';
import { bannedIn } from './spool/banned-in.js';
import { errorCode } from './spool/folder.js';

/**
 * What an origin has banned, as nodes say it, and what the spool still holds of it: a list for `del`.
 *
 * @throws CommandFault where the options are of no use, nobody could be asked, or nobody answers
 */
export async function listLeases(
  request: PublishRequest,
  options: ConnectionChoice,
  io: Pick<PublishIo, 'signal'>,
  complain: (line: string) => void,
): Promise<OpenList> {
  const { origin = '', waitSeconds, set } = request;
  const broker = chosenBroker(options);
  const topic = request.topic.slice(0, request.topic.lastIndexOf('/'));
  const { configPath } = options;
  const question = { origin, topic, set, waitSeconds, configPath };
  const asked = await askLeases(broker, question, io);
  if (asked.kind !== 'told') {
    throw new CommandFault(
      `what ${origin} has banned could not be found out: ${asked.detail}`,
      exitCodeOf(asked),
    );
  }
  const waiting = waitingBans(request, `${topic}/add`, complain);
  const addresses = new Set([...asked.addresses, ...waiting]);
  const bytes = Buffer.from([...addresses].join('\n'));
  return { name: 'the nodes', size: bytes.length, chunks: once(bytes) };
}

function exitCodeOf(asked: Exclude<AskedLeases, { kind: 'told' }>): ExitCode {
  if (asked.kind === 'unknown') return ExitCode.unanswered;
  return asked.isRefused ? ExitCode.refused : ExitCode.unreachable;
}

/** Delivered later, they would come without an end that is younger. */
function waitingBans(
  { spoolFolder, origin = '' }: { readonly spoolFolder?: string; readonly origin?: string },
  topic: string,
  complain: (line: string) => void,
): Iterable<string> {
  if (spoolFolder === undefined) return [];
  try {
    return bannedIn(spoolFolder, topic, origin);
  } catch (error) {
    complain(
      `the spool ${quote(spoolFolder)} cannot be read (${errorCode(error)}): bans that wait there are not lifted`,
    );
    return [];
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield await Promise.resolve(bytes);
}
