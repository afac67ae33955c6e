import { escapeForDisplay, parseAddress, type Address, type ConnectionState } from '@vallum/core';
import { parseSetName, parseTopicPrefix, type SetName } from '@vallum/core/protocol';
import { quote, renderHelp, withRemedy, type LoadedOptions } from '@vallum/options';
import { AskingTransport } from './ask/asking-transport.js';
import { clientName } from './ask/client-name.js';
import { compareNodes, describeWhy } from './ask/describe-why.js';
import { gatherWhy, type WhyFacts } from './ask/gather-why.js';
import { usefulWhyOptions, whyOptions } from './ask/why-options.js';
import { closeSoon } from './close-soon.js';
import { heed, loadedOptions, usageFault } from './command-options.js';
import { brokerName, chosenBroker, wayTo } from './connect.js';
import { ExitCode } from './exit-codes.js';
import type { PublishIo } from './publish-io.js';
import type { Report } from './report.js';
import { runReported } from './run-reported.js';

/** How long answers are waited for, where the command line does not say. */
const DEFAULT_WAIT_MS = 2_000;

type Loaded = LoadedOptions<typeof whyOptions>;

interface WhyRequest {
  readonly address: Address;
  readonly set: SetName;
  readonly topic: string;
}

/**
 * Runs `vallum-pub why`: asks all nodes what they know of an address.
 *
 * @param argv what follows `why`
 */
export function runWhy(argv: readonly string[], io: PublishIo): Promise<ExitCode> {
  const run = (report: Report) => why(argv, io, report);
  return runReported({ table: whyOptions, help: whyHelp, run }, argv, io);
}

async function why(argv: readonly string[], io: PublishIo, report: Report): Promise<ExitCode> {
  const fail = (code: ExitCode, ...lines: readonly string[]) => {
    for (const line of lines) report.complain(line);
    return code;
  };
  const command = { program: 'vallum-pub why', table: whyOptions } as const;
  const loaded = await loadedOptions(command, argv, io);
  const { values, places, warnings, configPath } = loaded;
  const request = readRequest(loaded);
  if (typeof request === 'string') throw usageFault(command.program, request);
  // Who asks wants to hear the answer.
  heed({ ...values, quiet: false }, warnings, report);
  const { address, set, topic } = request;
  Object.assign(report.facts, { action: 'why', address: address.text, set, topic });
  const broker = chosenBroker(loaded);
  report.facts['broker'] = brokerName(broker);

  const waitMs = values.wait * 1000;
  const transport = await wayTo(broker, io, { waitMs, listens: true, configPath });
  const asking = new AskingTransport(transport, clientName(broker));
  try {
    const state = await arrive(asking, waitMs, io);
    if (state === 'interrupted') return fail(ExitCode.interrupted, 'interrupted');
    if (state?.state !== 'connected') {
      const because = state === undefined ? '' : `: ${withRemedy(state.detail, state.code)}`;
      return state?.state === 'refused'
        ? fail(ExitCode.refused, `not connected to the broker${because}`)
        : fail(
            ExitCode.unreachable,
            `no connection to ${brokerName(broker)} within ${values.wait.toString()}s (--wait)${because}`,
          );
    }
    const facts = await gatherWhy(asking, {
      ...{ topic, set, address },
      waitMs: places.wait.source === 'option' ? waitMs : Math.min(waitMs, DEFAULT_WAIT_MS),
      ...(io.signal ? { signal: io.signal } : {}),
    });
    if (io.signal?.aborted === true) return fail(ExitCode.interrupted, 'interrupted');
    if ('kind' in facts) return fail(...forbidden(facts, topic));
    return tell(report, request, facts, (io.nowMs ?? Date.now)() / 1000);
  } finally {
    await closeSoon(asking);
  }
}

function readRequest({ values, positionals }: Loaded): WhyRequest | string {
  const [text, ...more] = positionals;
  if (text === undefined || more.length > 0) {
    return 'say which address, one: vallum-pub why 192.0.2.7 --set SET';
  }
  const address = parseAddress(text);
  if (!address.ok) return `${quote(text)}: ${address.detail}`;
  if (values.set === undefined) return 'say which set: --set blacklist';
  const set = parseSetName(values.set);
  if (!set.ok) return `--set is ${quote(values.set)}; ${set.detail}`;
  const topic = parseTopicPrefix(values.topic ?? set.value);
  if (!topic.ok) return `the topic is ${quote(values.topic ?? set.value)}; ${topic.detail}`;
  return { address: address.value, set: set.value, topic: topic.value };
}

/** Settles with the first word of the broker that is final, or what was said last when time is over. */
function arrive(
  asking: AskingTransport,
  waitMs: number,
  { signal }: PublishIo,
): Promise<ConnectionState | 'interrupted' | undefined> {
  return new Promise((resolve) => {
    let last: ConnectionState | undefined;
    const timer = setTimeout(() => {
      resolve(last);
    }, waitMs);
    const settle = (state: ConnectionState | 'interrupted') => {
      clearTimeout(timer);
      resolve(state);
    };
    signal?.addEventListener('abort', () => {
      settle('interrupted');
    });
    asking.open({
      message: () => Promise.resolve(),
      connection: (state) => {
        last = state;
        if (state.state !== 'disconnected') settle(state);
      },
    });
  });
}

function forbidden(
  { kind, detail }: { readonly kind: 'forbidden' | 'failed'; readonly detail: string },
  topic: string,
): [ExitCode, ...string[]] {
  const line = `${topic}/ask: ${escapeForDisplay(detail, 300)}`;
  if (kind === 'failed') return [ExitCode.protocol, line];
  return [
    ExitCode.refused,
    line,
    `its access rules (ACL) must let this user write ${topic}/ask and read vallumd/reply/USER`,
  ];
}

function tell(
  report: Report,
  { address, topic }: WhyRequest,
  facts: WhyFacts,
  now: number,
): ExitCode {
  const { nodes, missing, down, knownBy } = facts;
  Object.assign(report.facts, { nodes, missing, down, knownBy });
  if (nodes.length > 0) {
    report.facts['agreement'] = compareNodes(nodes);
    report.succeed(describeWhy(address.text, facts, now).join('\n'));
    return ExitCode.ok;
  }
  report.complain(
    `no firewall has answered on ${topic}/ask: does a vallumd run with -t ${topic}, may it write ` +
      'vallumd/reply/+, and may this user write there (MQTT 3.1.1 does not say)? Older vallumds answer nobody',
  );
  if (missing.length > 0)
    report.complain(
      `up, by their statuses: ${missing.map((name) => escapeForDisplay(name, 128)).join(', ')}`,
    );
  return ExitCode.unanswered;
}

function whyHelp(): Promise<string> {
  return renderHelp(usefulWhyOptions, {
    program: 'vallum-pub why',
    usage:
      'Usage: vallum-pub why ADDRESS --set SET [--wait TIME] [--json]\n\n' +
      'Asks every firewall that listens to the set what it knows about an address: whether it is\n' +
      'blocked there, who asked for it, until when and why, or why it is not blocked. It tells which\n' +
      'firewalls do not answer, and whether the others agree. It waits two seconds for answers unless\n' +
      '--wait says otherwise.',
    epilogue:
      'Exit codes: 0 at least one firewall has answered, 68 none has, 77 the broker does not allow it,\n' +
      'otherwise as for vallum-pub add (vallum-pub --help).',
  });
}
