import { VallumError, type ListedLease } from '@vallum/core';
import { parseBinding } from '@vallum/core/protocol';
import { count, type LoadedOptions } from '@vallum/options';
import { NotConnected, visitNodes } from '../ask/visit-nodes.js';
import { CommandFault } from '../command-fault.js';
import { usageFault } from '../command-options.js';
import { brokerName, chosenBroker, unusableBroker } from '../connect.js';
import { ExitCode } from '../exit-codes.js';
import type { PublishIo } from '../publish-io.js';
import type { Report } from '../report.js';
import { describeEntries, sortedEntries } from './describe-list.js';
import type { protectOptions } from './protect-options.js';

/** What is asked about is no set. */
const NO_SET = 'none';

/** Runs `vallum-pub protect list`: what nodes say that the fleet's protect list holds. */
export async function listProtected(
  loaded: LoadedOptions<typeof protectOptions>,
  io: PublishIo,
  report: Report,
): Promise<ExitCode> {
  if (loaded.positionals.length > 1) {
    throw usageFault('vallum-pub protect', 'protect list takes no addresses');
  }
  report.facts['action'] = 'protect list';
  const broker = chosenBroker(loaded);
  report.facts['broker'] = brokerName(broker);
  const binding = parseBinding(NO_SET);
  if (!binding.ok) throw new Error(binding.detail);
  let found: readonly ListedLease[];
  try {
    found = await visitNodes(
      ...([broker, binding.value, loaded.values.wait, io.signal] as const),
      ({ node, waiting }) => node.fleetProtection(waiting),
    );
  } catch (error) {
    throw io.signal?.aborted === true
      ? new CommandFault('interrupted', ExitCode.interrupted)
      : whyNotListed(error, loaded.configPath);
  }
  const entries = sortedEntries(found);
  report.facts['entries'] = entries;
  report.succeed(
    entries.length === 0
      ? "the fleet's protect list is empty"
      : [...describeEntries(entries), count(entries.length, 'entry')].join('\n'),
  );
  return ExitCode.ok;
}

/** What is no fault of asking stays as it is. */
function whyNotListed(error: unknown, configPath: string | undefined): unknown {
  if (error instanceof NotConnected) {
    const detail = `nobody can be asked what is protected: ${error.message}`;
    return new CommandFault(detail, ExitCode.unreachable);
  }
  if (!(error instanceof VallumError)) return error;
  if (error.code === 'INVALID_ARGUMENT') return unusableBroker(error.message, configPath);
  return error.code === 'BROKER_REFUSED'
    ? new CommandFault(
        `${error.message}: its access rules (ACL) must let this user write vallum/protect/ask and read vallumd/reply/USER`,
        ExitCode.refused,
      )
    : new CommandFault(
        `${error.message}: older vallumds, and those with --no-protect-fleet, have no such list`,
        ExitCode.unanswered,
      );
}
