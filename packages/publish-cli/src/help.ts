import { renderHelp } from '@vallum/options';
import { exitCodeMeanings } from './exit-codes.js';
import { DEFAULT_CONFIG_PATH, publishOptions } from './options.js';

const usage = `$0 add ADDRESS… --set SET [options]
$0 del ADDRESS… --set SET [options]
$0 del --all --origin NAME --set SET [options]
$0 why ADDRESS --set SET [options]
$0 protect add|del ADDRESS… [options]
$0 protect list [options]
$0 sync --file LIST --set SET --origin NAME [options]
$0 import fail2ban --set SET [--jail NAME] [options]
$0 spool [options]
$0 flush [options]
$0 doctor --set SET [options] [-v] [--json]

Bans addresses, or lifts bans, on every vallumd that listens.
An address is IPv4 or IPv6, a single one or a prefix (192.0.2.0/24).
vallum-pub returns once the broker has confirmed, or with --confirm once the firewalls have. why asks them what they know about an address. protect says what no firewall may ban. sync makes the bans of an origin equal to a list. What does not reach the broker in time is kept and delivered later: spool lists it, flush delivers it now. import shares the bans that fail2ban holds. doctor says whether bans from here would get through.`;

const examples = `Examples:
  vallum-pub add 203.0.113.7 --set blacklist --timeout 1h --reason "ssh, again"
  vallum-pub add --file spammers.txt --set blacklist
  vallum-pub del 203.0.113.7 --set blacklist

Options can also be set in the environment and in ${DEFAULT_CONFIG_PATH} (host: broker.example.org).
The command line overrides the environment, and the environment overrides the file.`;

/** The text of `--help`. */
export function publishHelp(columns?: number): Promise<string> {
  const codes = exitCodeMeanings.map(
    ([code, meaning]) => `  ${code.toString().padStart(3)}  ${meaning}`,
  );
  return renderHelp(publishOptions, {
    program: 'vallum-pub',
    usage,
    epilogue: `${examples}\n\nExit codes:\n${codes.join('\n')}`,
    ...(columns === undefined ? {} : { columns }),
  });
}
