import type { ConnectionState, Transport } from '@vallum/core';
import type { MqttOptions } from '@vallum/core/mqtt';
import { count, quote, withRemedy } from '@vallum/options';
import { closeSoon } from '../close-soon.js';
import { CommandFault } from '../command-fault.js';
import { heed, loadedOptions } from '../command-options.js';
import { brokerName, chosenBroker, wayTo } from '../connect.js';
import { ExitCode } from '../exit-codes.js';
import { abortOf } from '../interruption.js';
import type { PublishIo } from '../publish-io.js';
import type { Report } from '../report.js';
import { deliverSpool, type Delivery } from './deliver.js';
import { noteAway, noteBack } from './away.js';
import { describeDelivery, describeDropped } from './describe.js';
import { errorCode, listSpool, receiverKey } from './folder.js';
import { Losses } from '../losses.js';
import { flushOptions } from './options.js';
import { dropOld } from './take-away.js';

export { flushOptions } from './options.js';

/** `vallum-pub flush`: delivers what waits. */
export async function flushSpool(
  argv: readonly string[],
  io: PublishIo,
  report: Report,
): Promise<ExitCode> {
  const command = { program: 'vallum-pub flush', table: flushOptions, positionals: false };
  const loaded = await loadedOptions(command, argv, io);
  const { values, warnings, configPath } = loaded;
  heed(values, warnings, report);
  const broker = chosenBroker(loaded);
  const folder = values['spool-dir'];
  // Before it is known whether anything waits: a broker that cannot be meant is told at once.
  const transport = await wayTo(broker, io, { waitMs: values.wait * 1000, configPath });
  try {
    return await flush(folder, broker, transport, values, io, report);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new CommandFault(
      `the spool ${quote(folder)} cannot be delivered from (${errorCode(error)}); is it writable for this user?`,
      ExitCode.noInput,
    );
  } finally {
    await closeSoon(transport);
  }
}

async function flush(
  folder: string,
  broker: MqttOptions,
  transport: Transport,
  values: {
    readonly wait: number;
    readonly rate: number;
    readonly 'any-broker': boolean;
  },
  io: PublishIo,
  report: Report,
): Promise<ExitCode> {
  const name = brokerName(broker);
  const receiver = values['any-broker'] ? undefined : receiverKey(name, broker.username);
  const nowMs = (io.nowMs ?? Date.now)();
  // Whoever it is for, and whether or not a broker answers.
  const { left: waiting, dropped } = dropOld(folder, listSpool(folder), nowMs);
  if (dropped > 0) report.complain(describeDropped(dropped, folder));
  const own = waiting.filter((file) => receiver === undefined || file.receiver === receiver);
  const foreign = waiting.length - own.length;
  if (foreign > 0) {
    // Not with --quiet: a timer would say it each minute.
    report.succeed(
      `${count(foreign, 'message')} in ${folder} wait for another broker or user: vallum-pub spool names ` +
        `them; flush with those options, or with --any-broker where this one took its place`,
    );
  }
  if (own.length === 0) {
    report.succeed(`nothing waits in ${folder} for ${name}`);
    return ExitCode.ok;
  }
  const waitMs = values.wait * 1000;
  const losses = new Losses();
  const to = { broker: name, username: broker.username };
  const connection = await connected(transport, waitMs, losses, io);
  if (connection.kind === 'unreachable') noteAway(folder, to, (io.nowMs ?? Date.now)());
  else if (connection.kind !== 'interrupted') noteBack(folder, to);
  if (connection.kind !== 'connected') {
    report.complain(
      `${connection.detail === '' ? `no connection to ${name}` : connection.detail}; ` +
        `${count(own.length, 'message')} stay in ${folder}`,
    );
    return ExitCode[connection.kind];
  }
  const delivery = await deliverSpool(folder, transport, {
    ...{ receiver, waitMs, entriesPerSecond: values.rate },
    ...{ nowMs, losses },
    ...(io.signal ? { stopped: abortOf(io.signal) } : {}),
  });
  return tell(delivery, folder, name, report);
}

function tell(delivery: Delivery, folder: string, broker: string, report: Report): ExitCode {
  const { delivered, unheard, refused, unusable, outcome } = delivery;
  Object.assign(report.facts, { delivered, unheard });
  const { done, trouble } = describeDelivery(delivery, { folder, broker });
  for (const line of done) report.succeed(line);
  for (const line of trouble) report.complain(line);
  if (outcome === 'stopped') {
    report.complain('interrupted');
    return ExitCode.interrupted;
  }
  if (outcome === 'busy') {
    report.complain(`another vallum-pub delivers from ${folder} just now`);
    return ExitCode.unconfirmed;
  }
  if (outcome === 'late') {
    report.complain(`${broker} did not confirm in time (--wait); what is open stays in ${folder}`);
    return refused.messages > 0 ? ExitCode.refused : ExitCode.unconfirmed;
  }
  if (refused.messages > 0) return ExitCode.refused;
  if (unheard.messages > 0) return ExitCode.unheard;
  return unusable.length > 0 ? ExitCode.badInput : ExitCode.ok;
}

type Connection =
  | { readonly kind: 'connected' }
  | { readonly kind: 'unreachable' | 'refused' | 'interrupted'; readonly detail: string };

/** Opens it, and waits until it stands. */
function connected(
  transport: Transport,
  waitMs: number,
  losses: Losses,
  io: PublishIo,
): Promise<Connection> {
  return new Promise((resolve) => {
    let detail = '';
    const timer = setTimeout(() => {
      resolve({ kind: 'unreachable', detail });
    }, waitMs);
    const settle = (connection: Connection) => {
      clearTimeout(timer);
      resolve(connection);
    };
    if (io.signal) {
      void abortOf(io.signal).then(() => {
        settle({ kind: 'interrupted', detail: 'interrupted' });
      });
    }
    transport.open({
      message: () => Promise.resolve(),
      connection: (state: ConnectionState) => {
        losses.note(state);
        if (state.state === 'connected') settle({ kind: 'connected' });
        else {
          detail = withRemedy(state.detail, state.code);
          if (state.state === 'refused') settle({ kind: 'refused', detail });
        }
      },
    });
  });
}
