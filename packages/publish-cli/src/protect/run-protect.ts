import { firstRequested, loadOptions, quote, renderHelp, resolveOptions } from '@vallum/options';
import { ExitCode } from '../exit-codes.js';
import { openList } from '../open-list.js';
import { DEFAULT_CONFIG_PATH } from '../options.js';
import type { PublishIo } from '../publish-io.js';
import { Report } from '../report.js';
import { runCommand } from '../run-command.js';
import { listProtected } from './list-protected.js';
import { protectOptions, usefulProtectOptions } from './protect-options.js';
import { protectRequest } from './protect-request.js';

/**
 * Runs `vallum-pub protect`: what no firewall of the fleet may ban.
 *
 * @param argv what follows `protect`
 */
export async function runProtect(argv: readonly string[], io: PublishIo): Promise<ExitCode> {
  if (firstRequested(protectOptions, argv, ['help']) !== undefined) {
    io.stdout.write(await protectHelp());
    return ExitCode.ok;
  }
  const report = new Report(io, firstRequested(protectOptions, argv, ['json']) !== undefined);
  try {
    return report.end(await run(argv, io, report));
  } catch (error) {
    report.end(ExitCode.internal);
    throw error;
  }
}

async function run(argv: readonly string[], io: PublishIo, report: Report): Promise<ExitCode> {
  // By themselves first: a slip on the command line is no fault of the configuration.
  const typed = resolveOptions(protectOptions, { argv, env: {}, positionals: true });
  const fail = (code: ExitCode, line: string) => {
    report.complain(line);
    return code;
  };
  if (!typed.ok) return fail(ExitCode.usage, `${typed.detail} (vallum-pub protect --help)`);
  const [word] = typed.value.positionals;
  if (word === 'add' || word === 'del') return sendEntries(argv, io, report);
  if (word !== 'list') {
    const said = word === undefined ? '' : `, not ${quote(word)}`;
    return fail(
      ExitCode.usage,
      `say what to do: vallum-pub protect add ADDRESS, del ADDRESS or list${said} (vallum-pub protect --help)`,
    );
  }
  const loaded = await loadOptions(protectOptions, {
    ...{ argv, env: io.env, positionals: true },
    defaultConfigPath: io.defaultConfigPath ?? DEFAULT_CONFIG_PATH,
    ...(io.signal ? { cancellation: io.signal } : {}),
  });
  return loaded.ok ? listProtected(loaded.value, io, report) : fail(ExitCode.config, loaded.detail);
}

function sendEntries(argv: readonly string[], io: PublishIo, report: Report): Promise<ExitCode> {
  return runCommand(
    {
      table: protectOptions,
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
    },
    argv,
    io,
    report,
  );
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
