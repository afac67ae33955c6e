// The command references, made from the option tables of the built packages.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { build } from 'tsup';
import { root } from './prepare.mjs';

/** @returns {Promise<{ path: string, text: string }[]>} */
export async function referencePages() {
  const { daemonCommands, daemonOptions } = await import('@vallum/daemon');
  const { publishCommands, publishOptions, exitCodeMeanings, listForms, listRules, resultFields } =
    await import('@vallum/publish-cli');
  const renderMarkdown = await loadRenderer();
  const pages = [
    {
      path: 'docs/reference/vallumd.md',
      parts: [
        '# vallumd',
        '    vallumd -h HOST [-p PORT] [-u NAME] [-P PASSWORD] -t TOPIC[=SET] [-t …]',
        'Listens for bans on MQTT and enforces them in kernel sets. A broker (`--host`, `--url` or ' +
          '`--listen`) and a topic are required; everything else has a default.',
        precedence('/etc/vallum/vallumd.yaml', 'VALLUMD_CONFIG'),
        '## Options',
        renderMarkdown(daemonOptions),
        '## Commands',
        'Each also takes the options above, since its configuration file may hold any of them; most have ' +
          'no effect there.',
        ...daemonCommands.flatMap((command) => describeCommand(command, daemonOptions)),
        'Signals, exit codes and what the log lines mean: [operations](../operations.md).',
      ],
    },
    {
      path: 'docs/reference/vallum-pub.md',
      parts: [
        '# vallum-pub',
        '    vallum-pub add ADDRESS… --set SET [options]\n    vallum-pub del ADDRESS… --set SET [options]\n' +
          '    vallum-pub del --all --origin NAME --set SET [options]\n' +
          '    vallum-pub why ADDRESS --set SET [options]\n' +
          '    vallum-pub protect add|del ADDRESS… [options]\n    vallum-pub protect list [options]\n' +
          '    vallum-pub sync --file LIST --set SET --origin NAME [options]\n' +
          '    vallum-pub import fail2ban --set SET [options]\n' +
          '    vallum-pub spool [options]\n    vallum-pub flush [options]\n' +
          '    vallum-pub doctor --set SET [options]',
        'Bans addresses, or lifts bans, on every vallumd that listens. It returns once the broker ' +
          'has confirmed, and fails if the broker says that nobody listens. Without `--host` and `--url` the broker is `localhost`.',
        precedence('/etc/vallum/vallum-pub.yaml', 'VALLUM_PUB_CONFIG'),
        '## Options',
        renderMarkdown(publishOptions),
        '`vallum-pub doctor` takes these options, `--json` and `-v`: [doctor](../doctor.md#do-bans-from-here-get-through).',
        '`vallum-pub why` takes `--set`, `--topic`, `--wait`, `--json`, `--utc`, `-v` and those of the ' +
          'connection: [asking the firewalls](../operations.md#asking-the-firewalls). Its JSON has `action` ' +
          '(`why`), `address`, `set`, `topic`, `broker`, `agreement` (`agree`, `disagree`, ' +
          '`hold-different-bans`), `nodes` (as [answers](../protocol.md#questions-and-answers) say it), ' +
          '`missing`, `down`, `knownBy`, and `result`, `messages` and `milliseconds` as below.',
        '`vallum-pub protect` takes these options, except `--set`, `--topic`, `--all`, `--since`, `--min-prefix` ' +
          "and `--min-prefix6`, and changes or lists the [fleet's protect list](../protect.md). The JSON of " +
          '`protect list` has `action` (`protect list`), `broker`, `entries` (each with `address`, `origin`, ' +
          '`until`, `stampMs` and `reason`), and `result`, `messages` and `milliseconds` as below.',
        '`vallum-pub sync` keeps bans in step with a list, and has options of its own: [feeds](../feeds.md).',
        ...describeOptions(optionsOfSync(publishCommands, publishOptions)),
        '`vallum-pub import fail2ban` takes these options, except `--file`, `--timeout`, `--since` and ' +
          '`--until`, and also `--db` and `--jail`: [fail2ban](../fail2ban.md#share-the-bans-that-are-there).',
        '## Lists',
        'One entry per line:',
        table(['line', 'meaning'], listForms, [code, withCode]),
        ...listRules.map(withCode),
        '## Results for programs',
        '`--json` prints one object on one line of standard output, whether the command succeeds or fails. ' +
          'With `--dry-run` it is preceded by one object for each message (`topic`, `payload`). Standard ' +
          'error is for people and does not change.',
        table(['field', 'meaning'], resultFields, [code, (text) => text]),
        '## Exit codes',
        table(['code', 'meaning'], exitCodeMeanings, [String, String]),
      ],
    },
  ];
  const style = await resolveConfig(join(root, 'README.md'));
  return Promise.all(
    pages.map(async ({ path, parts }) => {
      const [title, ...rest] = parts;
      const text = [title, '<!-- Made by npm run docs. Do not edit. -->', ...rest].join('\n\n');
      return { path, text: await format(text, { ...style, parser: 'markdown' }) };
    }),
  );
}

/** @returns {Promise<{ path: string, text: string }>} */
export async function openApiPage() {
  const { OPENAPI } = await import('@vallum/daemon');
  const style = await resolveConfig(join(root, 'README.md'));
  const text = await format(JSON.stringify(OPENAPI), { ...style, parser: 'json' });
  return { path: 'docs/reference/openapi.json', text };
}

/** What it does, and the options that it has for itself. */
function describeCommand({ name, synopsis, summary, description, options }, shared) {
  return [
    `### vallumd ${name} ${synopsis}`.replaceAll('[', '\\['),
    description ?? `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...describeOptions(options.filter((option) => !shared.some((one) => one.name === option.name))),
  ];
}

function describeOptions(options) {
  return options.map(
    (option) => `- \`--${option.name}${placeholderOf(option)}\`: ${option.description}`,
  );
}

/** What `sync` says in words of its own, also under a name that `add` has too. */
function optionsOfSync(commands, shared) {
  const { options } = commands.find(({ name }) => name === 'sync');
  return options.filter(
    ({ name, description }) =>
      !shared.some((option) => option.name === name && option.description === description),
  );
}

function placeholderOf({ type, placeholder }) {
  return type === 'boolean' ? '' : ` ${placeholder ?? 'VALUE'}`;
}

function table(heads, rows, renderers) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    line(heads),
    line(heads.map(() => '---')),
    ...rows.map((row) => line(row.map((cell, index) => renderers[index](cell)))),
  ].join('\n');
}

function code(text) {
  return `\`${text}\``;
}

/** Options, and what the shell or a list would read, are shown as they are typed. */
function withCode(text) {
  return text.replace(/--[a-z]+|<\(command\)|\\+["\\]?(?= )|(?<=\()-(?=\))/g, code);
}

function precedence(file, variable) {
  return (
    'An option on the command line overrides its environment variable, which overrides the ' +
    `configuration file. The file is YAML, \`${file}\` unless \`--config\` or \`${variable}\` ` +
    'names another; it need not exist unless it was named. ' +
    'In the environment the items of a list are separated by commas, and an empty variable counts as not set.'
  );
}

/** The options package is private and has no build of its own. */
async function loadRenderer() {
  // Inside the clone, where its imports find their packages.
  const outDir = mkdtempSync(join(root, 'node_modules/.vallum-docs-'));
  try {
    await build({
      entry: { markdown: join(root, 'packages/options/src/markdown.ts') },
      format: 'esm',
      config: false,
      silent: true,
      outDir,
      outExtension: () => ({ js: '.mjs' }),
    });
    const { renderMarkdown } = await import(join(outDir, 'markdown.mjs'));
    return renderMarkdown;
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}
