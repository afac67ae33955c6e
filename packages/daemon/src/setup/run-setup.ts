import { VallumError } from '@vallum/core';
import { run as systemRun, type Run, type TableAddress } from '@vallum/core/backend';
import { firstRequested, loadOptions, quote, renderHelp } from '@vallum/options';
import { DEFAULT_CONFIG } from '../configuration.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { DaemonIo } from '../system-io.js';
import { applyIptables, removeIptables, type Removal } from './apply-iptables.js';
import { applyNftables, lookAtTable, removeNftables, tablesOfSetup } from './apply-nftables.js';
import { backendFor, writeBackendLine } from './backend-line.js';
import { chooseTool, type Choice } from './choose-tool.js';
import { gatherMachine } from './gather-machine.js';
import type { Machine } from './machine.js';
import { madeSets } from './nft-lines.js';
import { setupOptions } from './options.js';
import { printIptablesCommands, printNftCommands } from './print-commands.js';
import { readRequest, type Request } from './read-request.js';
import { adviseRestoring } from './restoring.js';
import { seenBy } from './wanted.js';

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
  const request = loaded.ok ? readRequest(loaded.value) : loaded.detail;
  if (typeof request === 'string') return refuse(request, io);
  try {
    return await (request.values.remove ? remove(request, io, run) : setUp(request, io, run));
  } catch (error) {
    if (!(error instanceof VallumError)) throw error;
    io.errors.write(`vallumd setup: ${error.message}\n`);
    return error.code === 'PERMISSION_DENIED' ? EXIT.noPermission : EXIT.unavailable;
  }
}

async function setUp(request: Request, io: SetupIo, run: Run): Promise<ExitCode> {
  const { values, table, asked } = request;
  const place = `${table.family} ${table.table}`;
  const machine = await gatherMachine(run, place);
  const names = request.wanted.sets.map(({ set }) => set);
  const choice = chooseTool(machine, asked, names);
  if (typeof choice === 'string') {
    io.errors.write(`vallumd setup: ${choice}\n`);
    return EXIT.unavailable;
  }
  const fits = checkFit(request, choice);
  if (typeof fits === 'string') return refuse(fits, io);
  for (const note of choice.notes) io.errors.write(`vallumd setup: ${note}\n`);
  if (values.apply) await apply(fits, choice, io, run);
  else await print(fits, choice, machine, io, run);
  return EXIT.ok;
}

/** @returns a sentence where the tool cannot have such sets */
function checkFit(request: Request, { tool }: Choice): Request | string {
  if (tool === 'iptables') return request;
  const { table } = request;
  const wanted = seenBy(request.wanted, table);
  if (wanted.sets.length === 0) {
    return `a table of family ${table.family} never sees the addresses of these sets: --nft-family inet`;
  }
  // nftables, src/scanner.l "string"; `-net` is put behind it.
  const unfit = wanted.sets.find(({ set }) => !/^[A-Za-z_.][A-Za-z0-9/_.-]*$/.test(set));
  if (unfit === undefined) return { ...request, wanted };
  return `nftables takes no set named ${quote(unfit.set)}: -t ${unfit.set}=OTHER`;
}

async function print(
  { wanted, table, asked, fileWithoutBackend }: Request,
  { tool, why }: Choice,
  machine: Machine,
  io: SetupIo,
  run: Run,
): Promise<void> {
  const forwards = machine.forwards && wanted.hooks.includes('forward');
  io.print(`# Rules of ${tool}, since ${why}.\n`);
  if (forwards) io.print('# This machine passes packets on: those are looked at too.\n');
  const line = `backend: ${backendFor(tool)}`;
  if (asked.backend?.tool !== tool) {
    const file = fileWithoutBackend ?? DEFAULT_CONFIG;
    io.print(`# vallumd has to edit these sets: ${line} in ${file}\n`);
  }
  if (tool === 'nftables') {
    const made =
      machine.readable && machine.programs.has('nft')
        ? madeSets(wanted, await lookAtTable(table, run))
        : new Set<string>();
    io.print(printNftCommands(wanted, table, made));
  } else {
    const missing = wanted.sets.filter(({ set }) => !machine.ipsets.has(set));
    const made = new Set<string>(machine.readable ? missing.map(({ set }) => set) : []);
    io.print(printIptablesCommands(wanted, made));
  }
}

async function apply(
  request: Request,
  { tool, why }: Choice,
  io: SetupIo,
  run: Run,
): Promise<void> {
  const { wanted, table } = request;
  const done =
    tool === 'nftables'
      ? await applyNftables(wanted, table, run)
      : await applyIptables(wanted, run);
  io.print(`Rules of ${tool}, since ${why}.\n`);
  io.print(done.length === 0 ? 'Everything is there.\n' : `${done.join('\n')}\n`);
  io.print(await tellBackend(request, tool, io));
  for (const advice of await adviseRestoring(tool, run)) io.print(`${advice}\n`);
}

/** Writes the line that goes with the rules, or says it. @returns nothing where it is there */
async function tellBackend(
  { asked, fileWithoutBackend }: Request,
  tool: Choice['tool'],
  io: SetupIo,
): Promise<string> {
  if (asked.backend?.tool === tool) return '';
  const line = `backend: ${backendFor(tool)}`;
  const isRight = async (path: string): Promise<boolean> => {
    const read = await loadOptions(setupOptions, {
      ...{ argv: ['--config', path], env: {}, defaultConfigPath: path },
    });
    return read.ok && read.value.values.backend === backendFor(tool);
  };
  if (fileWithoutBackend === undefined) {
    return `vallumd has to edit these sets: ${line} in its configuration, or --backend ${backendFor(tool)}\n`;
  }
  try {
    if (await writeBackendLine(fileWithoutBackend, tool, isRight)) {
      const hint = tool === 'nftables' ? '; a vallumd that runs has to be restarted for it' : '';
      return `Written to ${fileWithoutBackend}: ${line}${hint}\n`;
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    io.errors.write(`vallumd setup: ${fileWithoutBackend} cannot be written (${code})\n`);
  }
  return `Put it into ${fileWithoutBackend} yourself: ${line}\n`;
}

/** Finds what carries the marks, whichever tool made it. */
async function remove(request: Request, io: SetupIo, run: Run): Promise<ExitCode> {
  const { values, table, tableIsTyped } = request;
  const { rules, apply: doIt } = values;
  const { programs } = await gatherMachine(run, `${table.family} ${table.table}`);
  const removals: Removal[] = [];
  if (rules === 'iptables' || (rules === undefined && programs.has('iptables'))) {
    removals.push(await removeIptables(run, doIt));
  }
  if (rules === 'nftables' || (rules === undefined && programs.has('nft'))) {
    const name = ({ family, table }: TableAddress) => `${family} ${table}`;
    const found = tableIsTyped ? [] : await tablesOfSetup(run);
    const others = found.filter((one) => name(one) !== name(table));
    for (const one of [table, ...others]) removals.push(await removeNftables(one, run, doIt));
  }
  const commands = removals.flatMap((removal) => removal.commands);
  for (const line of removals.flatMap(({ kept }) => kept)) {
    io.errors.write(`vallumd setup: ${line}\n`);
  }
  if (commands.length > 0) io.print(`${commands.join('\n')}\n`);
  else io.print('Nothing of setup is there.\n');
  return EXIT.ok;
}

function refuse(detail: string, io: SetupIo): ExitCode {
  io.errors.write(`vallumd setup: ${detail}\n`);
  return EXIT.usage;
}

function renderSetupHelp(columns?: number): Promise<string> {
  return renderHelp(setupOptions, {
    program: 'vallumd setup',
    usage:
      'Usage: vallumd setup -t TOPIC[=SET] [--rules iptables|nftables] [--no-forward]\n' +
      '                     [--allow-established] [--apply] [--remove]\n\n' +
      'Prints the commands that make the sets and the firewall rules that use them; with --apply it\n' +
      'makes what is missing. --remove shows how to undo that; with --apply it undoes it.',
    epilogue: 'Exit codes: 0 done, 64 usage, 69 a tool is missing or refused, 77 not permitted.',
    ...(columns === undefined ? {} : { columns }),
  });
}
