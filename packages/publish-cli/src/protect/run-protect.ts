import { quote, renderHelp } from '@vallum/options';
import { heed, loadedOptions, typedOptions, usageFault } from '../command-options.js';
import type { ExitCode } from '../exit-codes.js';
import { openList } from '../open-list.js';
import type { PublishIo } from '../publish-io.js';
import type { Report } from '../report.js';
import { runCommand, type SendingCommand } from '../run-command.js';
import { runReported } from '../run-reported.js';
import { listProtected } from './list-protected.js';
import { protectOptions, usefulProtectOptions } from './protect-options.js';
import { protectRequest } from './protect-request.js';

const command = { program: 'vallum-pub protect', table: protectOptions } as const;

/**
 * Runs `vallum-pub protect`: what no firewall of the fleet may ban.
 *
 * @param argv what follows `protect`
 */
export function runProtect(argv: readonly string[], io: PublishIo): Promise<ExitCode> {
  const run = (report: Report) => protect(argv, io, report);
  return runReported({ table: protectOptions, help: protectHelp, run }, argv, io);
}

async function protect(argv: readonly string[], io: PublishIo, report: Report): Promise<ExitCode> {
  const [word] = typedOptions(command, argv).positionals;
  if (word === 'add' || word === 'del') return runCommand(sending(io), argv, io, report);
  if (word !== 'list') {
    const said = word === undefined ? '' : `, not ${quote(word)}`;
    throw usageFault(
      command.program,
      `say what to do: vallum-pub protect add ADDRESS, del ADDRESS or list${said}`,
    );
  }
  const loaded = await loadedOptions(command, argv, io);
  // Who asks for the list wants to see it.
  heed({ ...loaded.values, quiet: false }, loaded.warnings, report);
  return listProtected(loaded, io, report);
}

/** `protect add` and `protect del`. */
function sending(io: PublishIo): SendingCommand<typeof protectOptions> {
  return {
    ...command,
    plan: (loaded, nowMs) => {
      const request = protectRequest(loaded, nowMs);
      if (typeof request === 'string') return { ok: false, reason: 'usage', detail: request };
      const { list } = request;
      return {
        ok: true,
        value: {
          ...{ request, connection: loaded },
          openList: () => (list === undefined ? undefined : openList(list, () => io.stdin)),
        },
      };
    },
  };
}

function protectHelp(): Promise<string> {
  return renderHelp(usefulProtectOptions, {
    program: 'vallum-pub protect',
    usage:
      'Usage: vallum-pub protect add ADDRESS… [--reason TEXT] [--timeout TIME | --until WHEN]\n' +
      '       vallum-pub protect del ADDRESS… [--origin NAME]\n' +
      '       vallum-pub protect list [--json]\n\n' +
      "Puts addresses and prefixes into the fleet's protect list, takes them out, or shows what it\n" +
      'holds. No firewall bans what it protects, and those that have lift it within a second. An entry\n' +
      'without an end is for ever, and none is wider than /16 (IPv6 /32). The broker must let this user\n' +
      'write vallum/protect/add, /del and, for list and --confirm, /ask.',
    epilogue:
      'Exit codes: as for vallum-pub add (vallum-pub --help); of list 0 a firewall has answered, 68 none\n' +
      'has, 77 the broker does not allow it.',
  });
}
