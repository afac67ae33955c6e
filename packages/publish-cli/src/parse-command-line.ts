import { type Failure, type Result } from '@vallum/core';
import {
  checkReason,
  parseOrigin,
  parseSetName,
  parseTopicPrefix,
  topicFor,
} from '@vallum/core/protocol';
import {
  firstRequested,
  quote,
  resolveOptions,
  suggest,
  type ConfigEntry,
  type OptionFault,
  type ResolvedOptions,
} from '@vallum/options';
import { COMMAND_SUMMARIES } from './command-summaries.js';
import { parseLeaseTerms } from './lease-terms.js';
import { publishOptions } from './options.js';
import type { PublishRequest } from './request.js';

export type CommandLineFault =
  | OptionFault
  | 'bad-command'
  | 'bad-set-name'
  | 'bad-topic'
  | 'bad-time'
  | 'bad-origin'
  | 'bad-reason'
  | 'bad-count'
  | 'nothing-to-send';

export type CommandLine =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'publish'; readonly request: PublishRequest };

/**
 * What vallum-pub would do with these arguments, without doing anything: no file is read, no address
 * looked at, no connection made.
 *
 * @param argv what follows the program's name
 * @param config entries of a configuration file, from `readConfig`
 * @param nowMs what `tomorrow` is seen from, Unix milliseconds
 */
export function parseCommandLine(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  config: readonly ConfigEntry[] = [],
  nowMs: () => number = Date.now,
): Result<CommandLine, CommandLineFault> {
  const asked = requestedText(argv);
  if (asked) return { ok: true, value: { kind: asked } };
  const resolved = resolveOptions(publishOptions, { argv, env, config, positionals: true });
  if (!resolved.ok) return resolved;
  const request = toRequest(resolved.value, nowMs());
  return request.ok ? { ok: true, value: { kind: 'publish', request: request.value } } : request;
}

/** `--help` and `--version` answer whatever else stands there. */
export function requestedText(argv: readonly string[]): 'help' | 'version' | undefined {
  const asked = firstRequested(publishOptions, argv, ['help', 'version']);
  return asked === 'help' || asked === 'version' ? asked : undefined;
}

/** Checks the values against each other and makes the request of them. */
export function toRequest(
  options: Pick<ResolvedOptions<typeof publishOptions>, 'values' | 'positionals'>,
  nowMs: number,
): Result<PublishRequest, CommandLineFault> {
  const { values } = options;
  const [command, ...addresses] = options.positionals;
  if (command !== 'add' && command !== 'del') {
    return bad(
      'bad-command',
      command === undefined
        ? 'say what to do: vallum-pub add ADDRESS --set SET, or del in place of add'
        : describeUnknownCommand(command),
    );
  }
  if (values.set === undefined) {
    return bad('bad-set-name', 'say which set: --set blacklist');
  }
  const set = parseSetName(values.set);
  if (!set.ok) return bad(set.reason, `--set is ${quote(values.set)}; ${set.detail}`);

  const topic = parseTopicPrefix(values.topic ?? set.value);
  if (!topic.ok) {
    return bad(topic.reason, `the topic is ${quote(values.topic ?? set.value)}; ${topic.detail}`);
  }
  if (values.all && (command !== 'del' || values.origin === undefined || addresses.length > 0)) {
    return bad(
      'bad-command',
      `--all goes with del and --origin, without addresses: vallum-pub del --origin web1.sshd --all --set ${set.value}`,
    );
  }
  if (addresses.length === 0 && values.file === undefined && !values.all) {
    return bad(
      'nothing-to-send',
      `say which addresses: vallum-pub ${command} 192.0.2.7 --set ${set.value}, or --file LIST`,
    );
  }

  const terms = parseLeaseTerms(values, nowMs);
  if (!terms.ok) return terms;
  if (command === 'del' && (Object.keys(terms.value).length > 0 || values.reason !== undefined)) {
    return bad('bad-command', 'del takes no --timeout, --since, --until or --reason');
  }
  const reason = values.reason === undefined ? undefined : checkReason(values.reason);
  if (reason?.ok === false) return bad(reason.reason, `--reason: ${reason.detail}`);
  const origin = values.origin === undefined ? undefined : parseOrigin(values.origin);
  if (origin?.ok === false) {
    return bad(origin.reason, `--origin is ${quote(values.origin ?? '')}; ${origin.detail}`);
  }

  const confirm = values.confirm === undefined ? undefined : readCount(values.confirm);
  if (confirm?.ok === false) return confirm;

  const action = command === 'add' ? 'ban' : 'unban';
  return {
    ok: true,
    value: {
      action,
      set: set.value,
      topic: topicFor(topic.value, action),
      qos: QOS[values.qos],
      addresses,
      ...(values.file === undefined ? {} : { list: values.file }),
      ...(values.all ? { isAllOfOrigin: true } : {}),
      terms: terms.value,
      ...(reason && reason.value !== '' ? { reason: reason.value } : {}),
      ...(origin ? { origin: origin.value } : {}),
      waitSeconds: values.wait,
      ...(confirm ? { confirm: confirm.value } : {}),
      entriesPerSecond: values.rate,
      minPrefixLength: { ipv4: values['min-prefix'], ipv6: values['min-prefix6'] },
      ...(values.spool ? { spoolFolder: values['spool-dir'] } : {}),
      dryRun: values['dry-run'],
      quiet: values.quiet,
      verbose: values.verbose,
    },
  };
}

function describeUnknownCommand(word: string): string {
  if (/^[\da-f]*[.:][\da-f.:/]*$/i.test(word)) {
    return `say what to do with ${quote(word)}: vallum-pub add ${word} bans it, vallum-pub del ${word} lifts the ban`;
  }
  if (FIRST_WORDS.includes(word)) {
    return `${word} comes first, and its options behind it: vallum-pub ${word} …`;
  }
  const near = suggest(word, Object.keys(COMMAND_SUMMARIES));
  const known = Object.entries(COMMAND_SUMMARIES).map(([name, does]) => `${name} (${does})`);
  return (
    `unknown command ${quote(word)}${near === undefined ? '.' : `; did you mean ${near}?`} The commands are ` +
    `${known.slice(0, -1).join(', ')} and ${known.at(-1) ?? ''}`
  );
}

function readCount(text: string): Result<number | 'all', 'bad-count'> {
  if (text === 'all') return { ok: true, value: 'all' };
  return /^[1-9]\d{0,4}$/.test(text)
    ? { ok: true, value: Number(text) }
    : bad('bad-count', `--confirm is ${quote(text)}; it takes a number of firewalls: --confirm=3`);
}

/** Commands with options of their own. */
const FIRST_WORDS: readonly string[] = ['doctor', 'import', 'sync', 'flush', 'spool', 'protect'];

const QOS = { '0': 0, '1': 1, '2': 2 } as const;

function bad<Fault extends CommandLineFault>(reason: Fault, detail: string): Failure<Fault> {
  return { ok: false, reason, detail };
}
