import { escapeForDisplay, type Transport } from '@vallum/core';
import { count } from '@vallum/options';
import { closeSoon } from './close-soon.js';
import { brokerName, chosenBroker, wayTo, type ConnectionChoice } from './connect.js';
import type { ConfirmedSending } from './confirm.js';
import { describeStop, describeSuccess, describeUnheard, exitCodeOf } from './describe-outcome.js';
import { entryNoun } from './entry-noun.js';
import { ExitCode } from './exit-codes.js';
import { abortOf } from './interruption.js';
import type { OpenList } from './open-list.js';
import { pace } from './pace.js';
import { Losses } from './losses.js';
import { isLong, planInput } from './plan-input.js';
import type { PlannedMessage } from './plan-messages.js';
import { createProgress, noProgress } from './progress.js';
import type { PublishIo } from './publish-io.js';
import type { Report } from './report.js';
import type { PublishRequest } from './request.js';
import { send } from './send.js';
import { endsWell, isToBeKept, keepOpen, type KeepRequest } from './spool/keep-open.js';
import { patienceFor } from './spool/patience.js';
import { Unconfirmed } from './spool/unconfirmed.js';
import { deliverWhileConnected, type Receiver } from './spool/while-connected.js';
import { Tally } from './tally.js';

/**
 * Sends what the request and the list hold, or prints it.
 *
 * @throws CommandFault where the options or the list are of no use
 */
export async function carryOut(
  request: PublishRequest,
  list: OpenList | undefined,
  options: ConnectionChoice,
  io: PublishIo,
  report: Report,
): Promise<ExitCode> {
  const { action, set, topic } = request;
  const verb = action === 'ban' ? 'add' : 'del';
  const said = request.isProtection === true ? `protect ${verb}` : action;
  Object.assign(report.facts, { action: said, set, topic });
  if (options.configPath !== undefined) report.note(`configuration: ${options.configPath}`);
  const tally = new Tally(report.complain);
  try {
    return request.dryRun
      ? await print(request, list, io, report, tally)
      : await publish(request, list, options, io, report, tally);
  } finally {
    tally.close();
    const { confirmed, unheard, unconfirmed, duplicates, bad, rejections } = tally;
    Object.assign(report.facts, { confirmed, unheard, unconfirmed, duplicates, bad, rejections });
  }
}

async function publish(
  request: PublishRequest,
  list: OpenList | undefined,
  options: ConnectionChoice,
  io: PublishIo,
  report: Report,
  tally: Tally,
): Promise<ExitCode> {
  const broker = chosenBroker(options);
  let transport = await wayTo(broker, io, {
    waitMs: request.waitSeconds * 1000,
    listens: request.confirm !== undefined,
    configPath: options.configPath,
  });
  let confirmed: ConfirmedSending | undefined;
  if (request.confirm !== undefined) {
    const { confirmSending } = await import('./confirm.js');
    confirmed = confirmSending(transport, broker, request, io.signal);
    transport = confirmed.transport;
  }

  const receiver = { broker: brokerName(broker), username: broker.username };
  try {
    return await sendOver(transport, request, list, receiver, io, report, tally, confirmed);
  } finally {
    await closeSoon(transport);
  }
}

async function sendOver(
  transport: Transport,
  request: PublishRequest,
  list: OpenList | undefined,
  receiver: Receiver,
  io: PublishIo,
  report: Report,
  tally: Tally,
  confirmed: ConfirmedSending | undefined,
): Promise<ExitCode> {
  const { broker: name } = receiver;
  const { spoolFolder } = request;
  const waitMs = request.waitSeconds * 1000;
  const nowMs = io.nowMs ?? Date.now;
  const startedMs = nowMs();
  Object.assign(report.facts, { broker: name, qos: request.qos });
  const progress = list === undefined ? noProgress : createProgress(io.stderr, !request.quiet);
  const onRead = (entries: number, estimate: number) => {
    progress.read(entries, estimate);
  };
  // A list that comes by a pipe may have begun long ago.
  const isFinite = list === undefined || list.size !== undefined;
  // With --confirm somebody wants to be sure of it now.
  const patience =
    spoolFolder === undefined || confirmed !== undefined || !isFinite
      ? undefined
      : await patienceFor(spoolFolder, receiver, startedMs);
  const losses = new Losses();
  let said = false;
  const open = new Unconfirmed(planInput(request, list, io, tally, onRead));
  const sending = send(
    transport,
    pace(open.messages, {
      entriesPerSecond: request.entriesPerSecond,
      isGentle: isLong(list),
    }),
    {
      waitMs,
      connectWithinMs: patience?.connectWithinMs ?? waitMs,
      ...(io.signal ? { signal: io.signal } : {}),
      losses,
      onTrouble: (detail) => {
        report.note(detail);
        if (said || io.stderr.isTTY !== true || request.quiet || request.verbose) return;
        said = true;
        report.complain(`${detail} (trying for ${request.waitSeconds.toString()}s)`);
      },
      onConnected: (protocolVersion) => {
        patience?.connected();
        report.facts['mqtt'] = PROTOCOLS[protocolVersion];
        report.note(`connected to ${name} with MQTT ${PROTOCOLS[protocolVersion]}`);
      },
    },
    (message: PlannedMessage, caveat) => {
      tally.sent(message, caveat);
      if (caveat !== 'unheard' || spoolFolder === undefined) open.confirm(message);
      if (caveat !== 'unheard') confirmed?.sent(message);
      progress.confirmed(message.entries);
      report.note(
        `${message.topic}: ${count(message.entries, 'entry')}, ${message.payload.length.toString()} bytes ` +
          `at QoS ${request.qos.toString()}: ${caveat ?? 'confirmed'}`,
      );
    },
  );
  const outcome = await sending.finally(() => {
    progress.stop();
  });

  const keep = async (cause: KeepRequest['cause'], isBrief = false) => {
    if (spoolFolder === undefined) return undefined;
    const askedMs = isFinite ? startedMs : nowMs();
    const what = {
      folder: spoolFolder,
      receiver,
      noun: entryNoun(request),
      askedMs,
      nowMs: nowMs(),
      ...{ cause, isBrief, isFinite },
    };
    return keepOpen(open, what, report);
  };

  if (outcome.kind === 'stopped') {
    const kept = isToBeKept(outcome.cause) ? await keep(outcome.cause, outcome.isBrief) : undefined;
    open.close();
    for (const line of describeStop(request, outcome, tally, name, kept?.lines)) {
      report.complain(line);
    }
    const isWell = kept?.isKept === true && endsWell(outcome.cause) && confirmed === undefined;
    if (!isWell) return exitCodeOf(outcome.cause);
    return tally.bad > 0 ? ExitCode.badInput : ExitCode.ok;
  }
  const sent = tally.confirmed.entries + tally.unconfirmed.entries;
  if (sent > 0 || (tally.bad === 0 && tally.unheard.entries === 0)) {
    report.succeed(describeSuccess(request, tally, name));
  }
  if (tally.unheard.entries > 0) {
    report.complain(describeUnheard(request, tally, name));
    for (const line of (await keep('unheard'))?.lines ?? []) report.complain(line);
    return ExitCode.unheard;
  }
  if (spoolFolder !== undefined && sent > 0) {
    const options = {
      entriesPerSecond: request.entriesPerSecond,
      nowMs: nowMs(),
      losses,
      ...(io.signal ? { stopped: abortOf(io.signal) } : {}),
    };
    await deliverWhileConnected(spoolFolder, transport, receiver, options, report);
  }
  if (sent > 0 && confirmed !== undefined && !(await confirmed.finish(report))) {
    return ExitCode.notEverywhere;
  }
  return tally.bad > 0 ? ExitCode.badInput : ExitCode.ok;
}

const PROTOCOLS = { 4: '3.1.1', 5: '5' } as const;

/** `blacklist/add 192.0.2.7\n192.0.2.8`, line feeds and whatever cannot be seen escaped. */
async function print(
  request: PublishRequest,
  list: OpenList | undefined,
  io: PublishIo,
  report: Report,
  tally: Tally,
): Promise<ExitCode> {
  const messages = planInput(request, list, io, tally);
  const interrupted = new Promise<'interrupted'>((resolve) => {
    io.signal?.addEventListener('abort', () => {
      resolve('interrupted');
    });
  });
  for (;;) {
    const next = await Promise.race([messages.next(), interrupted]);
    if (next === 'interrupted') {
      report.complain('interrupted');
      return ExitCode.interrupted;
    }
    if (next.done === true) break;
    const { topic, payload } = next.value;
    const text = Buffer.from(payload).toString();
    const lines = text.split('\n').map((line) => escapeForDisplay(line, Infinity));
    report.show(topic, lines, text);
  }
  return tally.bad > 0 ? ExitCode.badInput : ExitCode.ok;
}
