import { hostname } from 'node:os';
import { isatty } from 'node:tty';
import { VallumError } from '@vallum/core';
import { parseTopicPrefix, topicFor } from '@vallum/core/protocol';
import { createMqttTransport, lookAtBroker, type MqttOptions } from '@vallum/core/mqtt';
import {
  checkAnswers,
  checkBroker,
  checkCertificates,
  checkEncryption,
  checkPublication,
  checkSecrets,
  exitCodeOfFindings,
  finding,
  FINDINGS_EXIT,
  gatherBroker,
  gatherSecrets,
  readCertificate,
  renderFindings,
  renderFindingsJson,
  secretFiles,
  wantsColour,
  type BrokerFacts,
  type Finding,
  type FindingsExit,
} from '@vallum/doctor';
import { firstRequested, loadOptions, renderHelp, toMqttOptions, useUtc } from '@vallum/options';
import { clientName } from './ask/client-name.js';
import { withDefaultHost } from './connect.js';
import { doctorOptions } from './doctor-options.js';
import { DEFAULT_CONFIG_PATH } from './options.js';
import type { PublishIo } from './publish-io.js';

type DoctorIo = Pick<PublishIo, 'stdout' | 'env' | 'defaultConfigPath'> & {
  /** Whether standard output is a terminal. Default: looked at. */
  readonly isTerminal?: boolean;
};

/**
 * A message without entries: every vallumd takes it, and does nothing. To ask a broker whether it
 * would let a ban through there is no other way than to publish.
 */
const NOTHING = '[]';

const UNPUBLISHED = {
  level: 'critical',
  text: 'no ban gets through',
  unheard:
    'allowed, but the broker says that nobody listens to it, not even one who is away: is it the name ' +
    'that the firewalls have (-t of vallumd)?',
} as const;

/**
 * Runs `vallum-pub doctor`.
 *
 * @param argv what follows `doctor`
 * @returns 0 ok, 1 warnings, 2 critical, 3 not known
 */
export async function runDoctor(argv: readonly string[], io: DoctorIo): Promise<FindingsExit> {
  if (firstRequested(doctorOptions, argv, ['help']) !== undefined) {
    io.stdout.write(await doctorHelp());
    return FINDINGS_EXIT.ok;
  }
  const json = firstRequested(doctorOptions, argv, ['json']) !== undefined;
  const findings = await examine(argv, io);
  const isTerminal = io.isTerminal ?? isatty(1);
  const style = {
    verbose: firstRequested(doctorOptions, argv, ['verbose']) !== undefined,
    colour: wantsColour(isTerminal, io.env),
    ...(isTerminal ? { columns: process.stdout.columns } : {}),
  };
  io.stdout.write(json ? renderFindingsJson(findings) : renderFindings(findings, style));
  return exitCodeOfFindings(findings);
}

async function examine(argv: readonly string[], io: DoctorIo): Promise<Finding[]> {
  const unusable = (detail: string) => [finding('critical', 'configuration', 'vallum-pub', detail)];
  const loaded = await loadOptions(doctorOptions, {
    argv,
    env: io.env,
    defaultConfigPath: io.defaultConfigPath ?? DEFAULT_CONFIG_PATH,
  });
  if (!loaded.ok) return unusable(loaded.detail);
  const { values, places, configPath } = loaded.value;
  if (values.utc) useUtc();
  const mqtt = toMqttOptions(values, places);
  if (!mqtt.ok) return unusable(mqtt.detail);
  const prefix = values.topic ?? values.set;
  const topic = prefix === undefined ? undefined : parseTopicPrefix(prefix);
  if (topic?.ok === false) return unusable(`the topic ${JSON.stringify(prefix)}: ${topic.detail}`);

  const options = withDefaultHost(mqtt.value);
  const secrets = await gatherSecrets(secretFiles(values, places));
  let broker: BrokerFacts;
  try {
    broker = await visit(options, topic?.value, values.wait * 1000);
  } catch (error) {
    if (error instanceof VallumError) return unusable(error.message);
    throw error;
  }
  return [
    finding('ok', 'configuration', configPath ?? 'command line', 'can be used'),
    ...checkBroker(broker),
    ...checkCertificates(broker.sight, await readCertificate(options.certFile), Date.now() / 1000),
    ...checkEncryption(broker, options.password !== undefined),
    ...checkPublication(broker, UNPUBLISHED),
    ...(wasHeard(broker) ? checkAnswers(broker.answers) : []),
    ...(topic === undefined
      ? [
          finding(
            'unknown',
            'publish',
            'topic',
            'no set is named, so publishing was not tried',
            'vallum-pub doctor --set blacklist',
          ),
        ]
      : []),
    ...checkSecrets(secrets),
  ];
}

/** Else what is said of publishing says also why nobody answers. */
function wasHeard({ publication }: BrokerFacts): boolean {
  const outcome = publication?.outcome;
  return outcome !== 'refused' && outcome !== 'ended' && publication?.unheard !== true;
}

function visit(mqtt: MqttOptions, topic: string | undefined, timeoutMs: number) {
  const clientId = `vallum-pub-doctor-${hostname().slice(0, 64)}-${process.pid.toString()}`;
  return gatherBroker(
    {
      mqtt,
      clientId: mqtt.clientId === undefined ? clientId : `${mqtt.clientId}-doctor`,
      filters: [],
      session: false,
      ...(topic === undefined
        ? {}
        : {
            publish: { topic: topicFor(topic, 'ban'), payload: NOTHING, qos: 1 as const },
            question: { topics: [topic], client: clientName(mqtt) },
          }),
    },
    { look: lookAtBroker, connect: createMqttTransport, timeoutMs },
  );
}

function doctorHelp(): Promise<string> {
  return renderHelp(doctorOptions, {
    program: 'vallum-pub doctor',
    usage:
      'Usage: vallum-pub doctor --set SET [the options of vallum-pub] [-v] [--json]\n\n' +
      'Says whether bans from here get through: first what needs a hand, with what to do, and of\n' +
      'what is proved to be in order how much. What could not be looked at is unknown, never ok.\n' +
      'It sends one message without entries, which every vallumd takes and ignores, and asks all of\n' +
      'them how they are.',
    epilogue:
      'Exit codes: 0 all is well, 1 warnings, 2 critical, 3 something could not be looked at.',
  });
}
