// The manual pages: options from the tables of the programs, and a few words around them.
import { loadRenderers } from './renderers.mjs';

/** @returns {Promise<{ program: string, name: string, section: number, text: string }[]>} */
export async function manualPages(now) {
  const { renderManual } = await loadRenderers();
  const { daemonCommands, daemonOptions } = await import('@vallum/daemon');
  const { publishCommands, publishOptions, exitCodeMeanings, listForms, listRules, resultFields } =
    await import('@vallum/publish-cli');
  const date = new Date(now * 1000);
  const pages = [
    {
      program: 'vallumd',
      name: 'vallumd',
      section: 8,
      summary: 'enforces shared IP bans in kernel sets',
      synopsis: [
        '[-h HOST] [-p PORT] [-u NAME] [-P PASSWORD] [-T] -t TOPIC[=SET] …',
        ...daemonCommands.map(({ name, synopsis }) => `${name} ${synopsis}`),
        '-V',
      ],
      parts: [
        {
          title: 'Description',
          paragraphs: [
            'Listens on MQTT for bans and unbans, and applies them to the kernel sets that the ' +
              "administrator's own firewall rules use.",
            'A broker and a topic are required; everything else has a default. An option overrides ' +
              'its environment variable, which overrides the configuration file.',
            'If the broker or a set is missing, vallumd keeps running and waits for it. When vallumd ' +
              'stops, the sets stay as they are.',
          ],
        },
        {
          title: 'Commands',
          paragraphs: [
            'A command comes first on the command line; vallumd carries it out and exits.',
          ],
          commands: { list: daemonCommands, beside: daemonOptions },
        },
        { title: 'Options', options: { table: daemonOptions, as: 'flags' } },
        {
          title: 'Signals',
          rows: [
            [
              'SIGHUP',
              'Reads the configuration again. If there is a mistake in it, nothing changes.',
            ],
            ['SIGUSR1', 'Compares and mends at once, as reconcile does.'],
            ['SIGTERM, SIGINT', 'Stops vallumd in good order; a second one stops it at once.'],
          ],
        },
        {
          title: 'Environment',
          paragraphs: ['In addition to the variables of the options, systemd sets:'],
          rows: [
            [
              'CREDENTIALS_DIRECTORY',
              'The file mqtt-password in this folder holds the password, if a user name is given without one.',
            ],
            ['NOTIFY_SOCKET, WATCHDOG_USEC', 'Where and how often to report that all is well.'],
            ['STATE_DIRECTORY', 'The folder that holds the ledger.'],
          ],
        },
        {
          title: 'Files',
          rows: [
            ['/etc/vallum/vallumd.yaml', 'The configuration file.'],
            [
              '/etc/default/vallumd',
              'VALLUMD_OPTIONS, which the service adds to the command line.',
            ],
            [
              '/etc/vallum/mqtt-password',
              'The password, in its first line, where a user is named and no password.',
            ],
            [
              '/var/lib/vallum',
              'The ledger: who banned what, until when and why. vallumd journal prints it.',
            ],
            [
              '/usr/share/doc/vallumd',
              'Guides: install.md, broker.md, operations.md, doctor.md, nftables.md, repair.md, protect.md, ' +
                'security.md, and others that an administrator may need.',
            ],
          ],
        },
        {
          title: 'Exit status',
          rows: [
            ['0', 'Ended on request.'],
            ['64', 'The command line or the environment is unusable.'],
            ['66', 'There is no journal to print, or no running vallumd to ask.'],
            [
              '69',
              'The embedded broker cannot listen, the backend is not available, a set could not be compared, or nobody ' +
                'could be told.',
            ],
            ['70', 'A bug in vallumd.'],
            ['77', 'The operating system does not allow it.'],
            ['78', 'The configuration file, or a file that it names, is unusable.'],
          ],
        },
        {
          title: 'Examples',
          example: [
            'ipset create blacklist hash:net timeout 0',
            'iptables -I INPUT -m set --match-set blacklist src -j DROP',
            'vallumd -h broker.example -t blacklist',
          ],
        },
      ],
      seeAlso: [['vallumd.yaml', 5]],
    },
    {
      program: 'vallumd',
      name: 'vallumd.yaml',
      section: 5,
      summary: 'configuration file of vallumd',
      parts: [
        {
          title: 'Description',
          paragraphs: [
            'The file is YAML, with one key per line; each key is the name of an option of vallumd. ' +
              'The command line and the environment override it. Paths are relative to the folder ' +
              'that holds the file.',
            'A mistake is reported with its line; vallumd --check-config looks for mistakes. A ' +
              'running vallumd reads the file again at SIGHUP; if it cannot be used, the old ' +
              'configuration stays in effect.',
          ],
        },
        {
          title: 'Examples',
          example: [
            'host: broker.example',
            'tls: true',
            'username: fw1',
            'password-file: /etc/vallum/mqtt-password',
            'topics: [blacklist, site/a/blocklist=sshd]',
            'protect: [192.0.2.0/28]',
          ],
        },
        { title: 'Keys', options: { table: daemonOptions, as: 'keys' } },
      ],
      seeAlso: [['vallumd', 8]],
    },
    {
      program: 'vallum-pub',
      name: 'vallum-pub',
      section: 1,
      summary: 'bans addresses, or lifts bans, on every firewall that listens',
      synopsis: publishCommands.map(({ name, synopsis }) => `${name} ${synopsis}`),
      parts: [
        {
          title: 'Description',
          paragraphs: [
            'Sends bans and unbans over MQTT to every vallumd. It returns once the broker has ' +
              'confirmed. Without --host and --url the broker is localhost.',
            'An option overrides its environment variable, which overrides the configuration file.',
          ],
        },
        {
          title: 'Commands',
          commands: { list: publishCommands, beside: publishOptions },
        },
        { title: 'Options', options: { table: publishOptions, as: 'flags' } },
        {
          title: 'Lists',
          paragraphs: ['A list (--file) holds one entry per line.', ...listRules],
          rows: listForms,
        },
        { title: 'Results as JSON', rows: resultFields },
        {
          title: 'Files',
          rows: [
            [
              '/etc/vallum/vallum-pub.yaml',
              'YAML, with one key per line: the names of the connection options, and set, topic, ' +
                'origin, qos and wait. Readable by root and the group vallum-pub.',
            ],
            [
              '/etc/vallum/feeds/NAME.yaml',
              'The options of sync --feed NAME; vallum-feed@NAME.timer runs it every hour.',
            ],
            ['/var/lib/vallum-pub', 'What sync remembers of its lists.'],
            [
              '/etc/vallum/mqtt-password',
              'The password, in its first line, where a user is named and no password.',
            ],
            [
              '/usr/share/doc/vallum-pub',
              'Guides: install.md, broker.md, fail2ban.md, feeds.md, operations.md, doctor.md, repair.md, ' +
                'protect.md, security.md, guarantees.md, and protocol.md for other programs that ban.',
            ],
          ],
        },
        {
          title: 'Exit status',
          rows: exitCodeMeanings.map(([code, meaning]) => [
            String(code),
            `${meaning[0].toUpperCase()}${meaning.slice(1)}.`,
          ]),
        },
        {
          title: 'Examples',
          example: [
            'vallum-pub add 203.0.113.7 --set blacklist --timeout 1h --reason "port scan"',
            'vallum-pub add --file spammers.txt --set blacklist',
            'vallum-pub del 203.0.113.7 --set blacklist',
            'vallum-pub import fail2ban --set blacklist',
          ],
        },
      ],
    },
  ];
  return pages.map(({ program, ...page }) => ({
    program,
    name: page.name,
    section: page.section,
    text: renderManual({ ...page, date }),
  }));
}

/** @returns {Promise<{ program: string, path: string, text: string }[]>} paths as Debian has them */
export async function completions() {
  const { renderBashCompletion, renderFishCompletion, renderZshCompletion } = await loadRenderers();
  const { daemonCommands, daemonOptions } = await import('@vallum/daemon');
  const { publishCommands, publishOptions } = await import('@vallum/publish-cli');
  const completed = [
    { program: 'vallumd', table: daemonOptions, commands: daemonCommands },
    { program: 'vallum-pub', table: publishOptions, commands: publishCommands },
  ];
  return completed.flatMap((one) => [
    {
      program: one.program,
      path: `usr/share/bash-completion/completions/${one.program}`,
      text: renderBashCompletion(one),
    },
    {
      program: one.program,
      path: `usr/share/zsh/vendor-completions/_${one.program}`,
      text: renderZshCompletion(one),
    },
    {
      program: one.program,
      path: `usr/share/fish/vendor_completions.d/${one.program}.fish`,
      text: renderFishCompletion(one),
    },
  ]);
}
