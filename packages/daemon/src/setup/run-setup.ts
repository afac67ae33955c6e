import { VallumError } from '@vallum/core';
import { run as systemRun, type Run } from '@vallum/core/backend';
import { parseBinding, type Binding } from '@vallum/core/protocol';
import { firstRequested, loadOptions, quote, renderHelp, type Values } from '@vallum/options';
import { DEFAULT_CONFIG } from '../configuration.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { DaemonIo } from '../system-io.js';
import { applyIptables, removeIptables, type Removal } from './apply-iptables.js';
import { applyNftables, removeNftables } from './apply-nftables.js';
import { setupOptions } from './options.js';
import { printIptablesCommands, printNftCommands } from './print-commands.js';
import { wantedSets, type Wanted } from './wanted.js';

type SetupValues = Values<typeof setupOptions>;
type SetupIo = Pick<DaemonIo, 'env' | 'print' | 'errors' | 'columns'>;

/**
 * Runs `vallumd setup`: prints what a new machine needs, or does it.
 *
 * @param argv what follows `setup`
 */
export async function runSetup(
  argv: readonly string[],
  io: SetupIo,
  run: Run = systemRun,
): Promise<ExitCode> {
  if (firstRequested(setupOptions, argv, ['help']) !== undefined) {
    io.print(await renderSetupHelp(io.columns));
    return EXIT.ok;
  }
  const loaded = await loadOptions(setupOptions, {
    ...{ argv, env: io.env, defaultConfigPath: DEFAULT_CONFIG },
  });
  const wanted = loaded.ok ? readWanted(loaded.value.values) : loaded.detail;
  if (!loaded.ok || typeof wanted === 'string') {
    io.errors.write(`vallumd setup: ${typeof wanted === 'string' ? wanted : ''}\n`);
    return EXIT.usage;
  }
  const { values } = loaded.value;
  try {
    if (values.remove) tellRemoval(await removal(values, run), values.apply, io);
    else if (values.apply) tellDone(await application(values, wanted, run), io);
    else {
      const print = toolOf(values) === 'nftables' ? printNftCommands : printIptablesCommands;
      io.print(print(wanted));
    }
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof VallumError)) throw error;
    io.errors.write(`vallumd setup: ${error.message}\n`);
    return error.code === 'PERMISSION_DENIED' ? EXIT.noPermission : EXIT.unavailable;
  }
}

/** @returns a sentence where it cannot be used */
function readWanted(values: SetupValues): Wanted | string {
  const topics: Binding[] = [];
  for (const text of values.topic) {
    const binding = parseBinding(text);
    if (!binding.ok) return `the topic ${quote(text)}: ${binding.detail}`;
    topics.push(binding.value);
  }
  // Removal goes by the marks on the rules, whatever the configuration says by now.
  if (topics.length === 0 && !values.remove) return 'no topic is given: -t TOPIC[=SET]';
  const type = values['create-type'];
  if (type === 'bitmap:ip') return 'bitmap:ip sets hold one network only: make them by hand';
  const sets = wantedSets(topics, {
    type,
    timeoutSeconds: values['create-timeout'],
    maxEntries: values['create-maxelem'],
  });
  // nftables, src/scanner.l "string"; `-net` is put behind it.
  const unfit = sets.find(({ set }) => !/^[A-Za-z_.][A-Za-z0-9/_.-]*$/.test(set));
  if (toolOf(values) === 'nftables' && unfit) {
    return `nftables takes no set named ${quote(unfit.set)}: -t ${unfit.set}=OTHER`;
  }
  return { sets, hooks: values.forward ? ['input', 'forward'] : ['input'] };
}

function toolOf({ rules, backend }: SetupValues): 'iptables' | 'nftables' {
  return rules ?? (backend.startsWith('nftables') ? 'nftables' : 'iptables');
}

function application(values: SetupValues, wanted: Wanted, run: Run): Promise<string[]> {
  return toolOf(values) === 'nftables' ? applyNftables(wanted, run) : applyIptables(wanted, run);
}

function removal(values: SetupValues, run: Run): Promise<Removal> {
  const { apply } = values;
  return toolOf(values) === 'nftables' ? removeNftables(run, apply) : removeIptables(run, apply);
}

function tellDone(done: readonly string[], io: SetupIo): void {
  io.print(done.length === 0 ? 'Everything is there.\n' : `${done.join('\n')}\n`);
}

function tellRemoval({ commands, kept }: Removal, apply: boolean, io: SetupIo): void {
  for (const line of kept) io.errors.write(`vallumd setup: ${line}\n`);
  if (commands.length > 0) io.print(`${commands.join('\n')}\n`);
  else if (apply) io.print('Nothing of setup is there.\n');
}

function renderSetupHelp(columns?: number): Promise<string> {
  return renderHelp(setupOptions, {
    program: 'vallumd setup',
    usage:
      'Usage: vallumd setup -t TOPIC[=SET] [--rules iptables|nftables] [--forward] [--apply] [--remove]\n\n' +
      'Prints the commands that make the sets and the firewall rules which use them, or with\n' +
      '--apply makes what is missing. --remove shows, or with --apply does, the way back.',
    epilogue: 'Exit codes: 0 done, 64 usage, 69 a tool is missing or refused, 77 not permitted.',
    ...(columns === undefined ? {} : { columns }),
  });
}
