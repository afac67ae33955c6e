import { escapeForDisplay, VallumError, type Transport } from '@vallum/core';
import type { FindingsExit } from '@vallum/doctor';
import {
  loadOptions,
  resolveOptions,
  toMqttOptions,
  useUtc,
  type LoadedOptions,
} from '@vallum/options';
import { brokerName, connect, withDefaultHost } from './connect.js';
import { groupDigits } from './count.js';
import { describeStop, describeSuccess, exitCodeOf } from './describe-outcome.js';
import { ExitCode } from './exit-codes.js';
import { readInput, type InputEvents } from './input.js';
import { openList, UnreadableList, type OpenList } from './open-list.js';
import { DEFAULT_CONFIG_PATH, publishOptions } from './options.js';
import { pace } from './pace.js';
import { requestedText, toRequest } from './parse-command-line.js';
import {
  MessagePlan,
  planStream,
  type BadEntry,
  type PlanEvents,
  type PlannedMessage,
} from './plan-messages.js';
import { createProgress, noProgress } from './progress.js';
import type { PublishIo } from './publish-io.js';
import type { PublishRequest } from './request.js';
import { send } from './send.js';
import { readVersion } from './version.js';

/** A connection that was never made needs no farewell. */
const FAREWELL_MS = 500;

/**
 * Runs vallum-pub.
 *
 * @param argv what follows the program's name
 * @returns the exit code, see `exitCodeMeanings`
 */
export async function runPublish(
  argv: readonly string[],
  io: PublishIo,
): Promise<ExitCode | FindingsExit> {
  if (argv[0] === 'doctor') {
    const { runDoctor } = await import('./doctor.js');
    return runDoctor(argv.slice(1), io);
  }
  const complain = (line: string) => io.stderr.write(`vallum-pub: ${line}\n`);

  const asked = requestedText(argv);
  if (asked === 'version') {
    io.stdout.write(`vallum-pub-${readVersion()}\n`);
    return ExitCode.ok;
  }
  if (asked === 'help') {
    const { publishHelp } = await import('./help.js');
    io.stdout.write(await publishHelp());
    return ExitCode.ok;
  }

  // By themselves first: a slip on the command line is no fault of the configuration.
  const typed = resolveOptions(publishOptions, { argv, env: {}, positionals: true });
  if (!typed.ok) {
    complain(`${typed.detail} (vallum-pub --help)`);
    return ExitCode.usage;
  }
  const loaded = await loadOptions(publishOptions, {
    argv,
    env: io.env,
    positionals: true,
    defaultConfigPath: io.defaultConfigPath ?? DEFAULT_CONFIG_PATH,
  });
  if (!loaded.ok) {
    complain(loaded.detail);
    return ExitCode.config;
  }
  if (loaded.value.values.utc) useUtc();
  const request = toRequest(loaded.value, (io.nowMs ?? Date.now)());
  if (!request.ok) {
    complain(`${request.detail} (vallum-pub --help)`);
    return ExitCode.usage;
  }
  for (const warning of loaded.value.warnings) complain(warning);

  try {
    const { list } = request.value;
    const opened = list === undefined ? undefined : await openList(list, () => io.stdin);
    if (request.value.dryRun) return await print(request.value, opened, io, complain);
    return await publish(request.value, opened, loaded.value, io, complain);
  } catch (error) {
    if (!(error instanceof UnreadableList)) throw error;
    complain(error.message);
    return ExitCode.noInput;
  }
}

type Complain = (line: string) => void;
type Options = LoadedOptions<typeof publishOptions>;

async function publish(
  request: PublishRequest,
  list: OpenList | undefined,
  options: Options,
  io: PublishIo,
  complain: Complain,
): Promise<ExitCode> {
  const mqtt = toMqttOptions(options.values, options.places);
  if (!mqtt.ok) {
    complain(mqtt.detail);
    return ExitCode.config;
  }
  const broker = withDefaultHost(mqtt.value);
  const waitMs = request.waitSeconds * 1000;
  let transport: Transport;
  try {
    transport = await (io.connect ?? connect)(broker, waitMs);
  } catch (error) {
    if (!(error instanceof VallumError && error.code === 'INVALID_ARGUMENT')) throw error;
    complain(error.message);
    return options.configPath === undefined ? ExitCode.usage : ExitCode.config;
  }

  const name = brokerName(broker);
  const progress = list === undefined ? noProgress : createProgress(io.stderr, !request.quiet);
  const tally = createTally(request, io, complain, (read, all) => {
    progress.read(read, all);
  });
  let said = false;
  const outcome = await send(
    transport,
    pace(planInput(request, list, io, tally.events), {
      entriesPerSecond: request.entriesPerSecond,
      isGentle: isLong(list),
    }),
    {
      waitMs,
      ...(io.signal ? { signal: io.signal } : {}),
      onTrouble: (detail) => {
        if (said || io.stderr.isTTY !== true || request.quiet) return;
        said = true;
        complain(`${detail} (trying for ${request.waitSeconds.toString()}s)`);
      },
    },
    (message: PlannedMessage) => {
      tally.confirmed(message);
      progress.confirmed(message.entries);
    },
  ).finally(() => {
    progress.stop();
    return bounded(transport.close(), FAREWELL_MS);
  });

  tally.close();
  if (outcome.kind === 'stopped') {
    for (const line of describeStop(request, outcome, tally, name)) complain(line);
    return exitCodeOf(outcome.cause);
  }
  if (!request.quiet && (tally.confirmedEntries > 0 || tally.bad === 0)) {
    io.stdout.write(`${describeSuccess(request, tally, name)}\n`);
  }
  return tally.bad > 0 ? ExitCode.badInput : ExitCode.ok;
}

/** Bytes of a list that is long for sure: thousands of entries. */
const LONG_LIST_BYTES = 256 * 1024;

/** A short list goes at once. */
function isLong(list: OpenList | undefined): boolean {
  return (list?.size ?? 0) > LONG_LIST_BYTES;
}

/** Everything there is to send, in messages. */
function planInput(
  request: PublishRequest,
  list: OpenList | undefined,
  { nowMs = Date.now }: PublishIo,
  events: InputEvents & PlanEvents,
): AsyncGenerator<PlannedMessage, void> {
  const plan = new MessagePlan(request, nowMs(), events, isLong(list));
  const steps = readInput(request, list, plan, nowMs, events);
  // Only a list keeps one waiting.
  return planStream(steps, plan, list === undefined ? { idleMs: Infinity } : {});
}

/** `blacklist/add 192.0.2.7\n192.0.2.8`, line feeds and whatever cannot be seen escaped. */
async function print(
  request: PublishRequest,
  list: OpenList | undefined,
  io: PublishIo,
  complain: Complain,
): Promise<ExitCode> {
  const tally = createTally(request, io, complain, () => undefined);
  for await (const { topic, payload } of planInput(request, list, io, tally.events)) {
    const text = Buffer.from(payload).toString();
    const lines = text.split('\n').map((line) => escapeForDisplay(line, Infinity));
    io.stdout.write(`${topic} ${lines.join('\\n')}\n`);
  }
  tally.close();
  return tally.bad > 0 ? ExitCode.badInput : ExitCode.ok;
}

/** Beyond this a list is probably no list of addresses at all. */
const MOST_COMPLAINTS = 100;

function createTally(
  request: PublishRequest,
  io: PublishIo,
  complain: Complain,
  onRead: (commands: number, estimate: number) => void,
) {
  const tally = {
    confirmedEntries: 0,
    confirmedMessages: 0,
    bad: 0,
    duplicates: 0,
    events: {
      bad({ place, input, detail }: BadEntry) {
        tally.bad += 1;
        if (tally.bad <= MOST_COMPLAINTS) complain(`${place}: "${input}": ${detail}`);
      },
      duplicate() {
        tally.duplicates += 1;
      },
      read: onRead,
    },
    confirmed({ entries }: PlannedMessage) {
      tally.confirmedEntries += entries;
      tally.confirmedMessages += 1;
    },
    close() {
      const more = tally.bad - MOST_COMPLAINTS;
      if (more > 0) complain(`${groupDigits(more)} more entries are unusable`);
    },
  };
  return tally;
}

async function bounded(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise.catch(() => undefined), time]);
  clearTimeout(timer);
}
