/** What a line of a list may be, and what it means: for the reference and the manual page. */
export const listForms: readonly (readonly [form: string, meaning: string])[] = [
  ['192.0.2.7', 'an address, IPv4 or IPv6'],
  ['2001:db8::/48', 'a prefix'],
  ['192.0.2.7 timeout 3600', 'banned for this many seconds, from now on'],
  ['192.0.2.7 until 4000000000', 'banned until then, in Unix seconds; never: for good'],
  ['192.0.2.7 origin web1.sshd', 'asked for by this origin, whatever --origin says'],
  ['192.0.2.7 reason "port scan"', 'why; inside, \\" is a quote and \\\\ a backslash'],
  [
    '192.0.2.7 at 1795420000000',
    'asked for at that time, in Unix milliseconds; the newest entry counts, and a timeout starts then',
  ],
  [
    '192.0.2.7 timeout 3600 origin web1.sshd at 1795420000000 reason "port scan"',
    'all of these together, in any order, each once',
  ],
  [
    '{"address":"192.0.2.7","timeout":3600,"origin":"web1.sshd","reason":"port scan"}',
    'the same as JSON: one object per line, with the same words as keys',
  ],
  ['# comment', 'ignored, as is an empty line'],
  ['; comment', 'the same, as in the lists of Spamhaus'],
  ['192.0.2.0/24 ; SBL256894', 'a comment after an entry: # or ; after a space'],
];

/** What holds for all of them. */
export const listRules: readonly string[] = [
  'What a line leaves out is taken from the command line: --timeout, --until, --since, --origin, ' +
    '--reason. An unusable line is reported with its number; all others are still sent.',
  'Lines may end as on Windows. An entry that is there twice is sent once. A list may be standard ' +
    'input (-), a FIFO, or the <(command) of a shell, and need not end: what has arrived is sent after 0.2 s.',
];

/** Of the object that --json prints. */
export const resultFields: readonly (readonly [field: string, meaning: string])[] = [
  [
    'result',
    'ok, usage, bad-input, no-input, unheard, unanswered, unreachable, internal, ' +
      'not-everywhere, state, unconfirmed, protocol, refused, ' +
      'config, refused-list or interrupted: one for each exit code, in their order; always there',
  ],
  ['action', 'ban, unban, sync, protect add, protect del or protect list'],
  ['set', 'the set'],
  ['topic', 'where it was sent'],
  ['broker', 'name and port of the broker'],
  ['qos', 'the quality of service that was asked for'],
  ['mqtt', '5 or 3.1.1, once there was a connection'],
  ['confirmed', '{"entries":…,"messages":…}: what the broker confirmed'],
  ['unheard', 'the same, for what it confirmed although nobody listens'],
  ['unconfirmed', 'the same, for what was sent at QoS 0'],
  [
    'confirmation',
    'with --confirm: {"confirmed":…, "wanted":…, "kind":"banned"|"lifted"|"protected"|"protected no more", "milliseconds":…}, by name the ' +
      'firewalls that are done, undone ({"node":…, "lacks":…, "exceptions":[…]}), missing, down and ' +
      'remembering (without kernel sets), and knownBy: statuses or answers',
  ],
  ['duplicates', 'entries that were left out because another one is the same'],
  ['bad', 'how many entries are unusable'],
  ['rejections', 'the first 100 of them: {"place":…,"input":…,"detail":…}'],
  ['messages', 'what was said on standard error, for people; always there'],
  ['milliseconds', 'how long it took; always there'],
];
