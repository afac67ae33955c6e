import { VallumError, type ListedLease } from '@vallum/core';
import { parseBinding } from '@vallum/core/protocol';
import { count, toMqttOptions, useUtc, type LoadedOptions } from '@vallum/options';
import { NotConnected, visitNodes } from '../ask/visit-nodes.js';
import { brokerName, withDefaultHost } from '../connect.js';
import { ExitCode } from '../exit-codes.js';
import type { PublishIo } from '../publish-io.js';
import type { Report } from '../report.js';
import { describeEntries, sortedEntries } from './describe-list.js';
import type { protectOptions } from './protect-options.js';

/** What is asked about is no set. */
const NO_SET = 'none';

/** Runs `vallum-pub protect list`: what nodes say that the fleet's protect list holds. */
export async function listProtected(
  { values, places, positionals }: LoadedOptions<typeof protectOptions>,
  io: PublishIo,
  report: Report,
): Promise<ExitCode> {
  const fail = (code: ExitCode, line: string): ExitCode => {
    report.complain(line);
    return code;
  };
  if (positionals.length > 1) return fail(ExitCode.usage, 'protect list takes no addresses');
  if (values.utc) useUtc();
  report.facts['action'] = 'protect list';
  const mqtt = toMqttOptions(values, places);
  if (!mqtt.ok) return fail(ExitCode.config, mqtt.detail);
  const broker = withDefaultHost(mqtt.value);
  report.facts['broker'] = brokerName(broker);
  const binding = parseBinding(NO_SET);
  if (!binding.ok) throw new Error(binding.detail);
  let found: readonly ListedLease[];
  try {
    found = await visitNodes(broker, binding.value, values.wait, io.signal, ({ node, waiting }) =>
      node.fleetProtection(waiting),
    );
  } catch (error) {
    if (io.signal?.aborted === true) return fail(ExitCode.interrupted, 'interrupted');
    if (error instanceof NotConnected) {
      return fail(ExitCode.unreachable, `nobody can be asked what is protected: ${error.message}`);
    }
    if (!(error instanceof VallumError)) throw error;
    return error.code === 'BROKER_REFUSED'
      ? fail(
          ExitCode.refused,
          `${error.message}: its access rules (ACL) must let this user write vallum/protect/ask and read vallumd/reply/USER`,
        )
      : fail(
          ExitCode.unanswered,
          `${error.message}: older vallumds, and those with --no-protect-fleet, have no such list`,
        );
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
