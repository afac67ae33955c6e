/**
 * Exit codes, from sysexits.h where it has one that fits. Scripts depend on them: a number may be
 * added, none may change its meaning.
 */
export const ExitCode = {
  ok: 0,
  usage: 64,
  badInput: 65,
  noInput: 66,
  unheard: 67,
  unanswered: 68,
  unreachable: 69,
  internal: 70,
  notEverywhere: 73,
  state: 74,
  unconfirmed: 75,
  protocol: 76,
  refused: 77,
  config: 78,
  refusedList: 79,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What each code means, for `--help` and the reference. */
export const exitCodeMeanings: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [
    ExitCode.ok,
    'the broker has confirmed everything, or what it did not is kept and delivered later (or there was nothing to send)',
  ],
  [ExitCode.usage, 'the command line is wrong; nothing was sent'],
  [ExitCode.badInput, 'some entries are unusable and were reported; all others were confirmed'],
  [ExitCode.noInput, 'the list cannot be read'],
  [ExitCode.unheard, 'the broker took it, and says that nobody listens to this topic'],
  [ExitCode.unanswered, 'why, protect list and del --all: no firewall has answered'],
  [
    ExitCode.unreachable,
    'no connection to the broker within --wait; nothing was sent, nor could it be kept',
  ],
  [ExitCode.internal, 'a bug in vallum-pub'],
  [
    ExitCode.notEverywhere,
    'the broker has confirmed everything, but --confirm found it on fewer firewalls than it asks for',
  ],
  [
    ExitCode.state,
    'sync: the state folder cannot be used, or another sync of the same list is running',
  ],
  [
    ExitCode.unconfirmed,
    'not all was confirmed within --wait, nor could it be kept; or the broker hung up on it again and again',
  ],
  [ExitCode.protocol, 'the broker answered with something that is not MQTT as we know it'],
  [
    ExitCode.refused,
    'the broker refused the credentials or the topic, or its certificate is not to be trusted',
  ],
  [ExitCode.config, 'the configuration file, the environment or a file they name is wrong'],
  [
    ExitCode.refusedList,
    'sync: the list looks like a mistake (empty, shrunk, too much of the Internet); nothing was sent',
  ],
  [ExitCode.interrupted, 'interrupted by SIGINT (143: by SIGTERM); it tells what was confirmed'],
];
