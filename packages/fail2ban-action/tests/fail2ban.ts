import { appendFile, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  mustRun,
  runProcess,
  startProcess,
  temporaryFolder,
  waitFor,
  type Finished,
} from '@vallum/test-kit';
import { actionPath } from './action-file.js';

export const publisher = fileURLToPath(
  new URL('../../publish-cli/bin/vallum-pub.js', import.meta.url),
);

export interface Fail2banOptions {
  /** Of the broker. */
  readonly port: number;
  /** Lines of the section [DEFAULT] of jail.local: they rule over the test's own. */
  readonly defaults?: readonly string[];
  /** vallum-pub.yaml; default: the broker at 127.0.0.1. */
  readonly publisherConfig?: string;
  /** Values for the action: `wait="2s"`. */
  readonly action?: string;
  /** Of a second jail, `brief`: how long its bans last. Default: there is none. */
  readonly briefBans?: string;
  /** Of the server, and so of its actions. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Fail2ban {
  /** Its database. */
  readonly database: string;
  /** Where vallum-pub keeps what the broker has not taken. */
  readonly spool: string;
  /**
   * Adds a line that the filter of the jail matches.
   *
   * @param jail default `probe`
   * @param atMs Unix milliseconds; default: now
   */
  attack(ip: string, jail?: 'probe' | 'brief', atMs?: number): Promise<void>;
  /** Runs vallum-pub as the action does. */
  publisher(...args: readonly string[]): Promise<Finished>;
  /** fail2ban-client, with success. */
  client(...args: string[]): Promise<string>;
  log(): string;
  /** @param under what runs the server: `strace -f` */
  start(under?: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** A fail2ban of the test's own: nothing of it outside of a temporary folder. Its jail is `probe`. */
export async function startFail2ban(options: Fail2banOptions): Promise<Fail2ban> {
  const folder = temporaryFolder();
  const at = (...names: string[]) => join(folder, ...names);
  for (const name of ['action.d', 'filter.d', 'jail.d', 'fail2ban.d']) await mkdir(at(name));
  await copyFile(actionPath, at('action.d', 'vallumd.conf'));
  for (const jail of ['probe', 'brief']) await writeFile(at(`${jail}.log`), '');
  await writeFile(
    at('fail2ban.conf'),
    `[Definition]
loglevel = INFO
logtarget = STDOUT
syslogsocket = auto
socket = ${at('socket')}
pidfile = ${at('pid')}
dbfile = ${at('bans.sqlite3')}
dbpurgeage = 1d
dbmaxmatches = 10
`,
  );
  await writeFile(
    at('filter.d', 'probe.conf'),
    '[Definition]\nfailregex = ^ probe: bad guest <ADDR>$\n',
  );
  const command = `${process.execPath} ${publisher}`;
  await writeFile(
    at('jail.conf'),
    `[DEFAULT]
backend = polling
ignoreself = false
maxretry = 1
findtime = 10m
bantime = 10m
filter = probe
action = vallumd[command="${command}", origin="web1.<name>", db="${at('bans.sqlite3')}"${options.action ? `, ${options.action}` : ''}]

[probe]
enabled = true
logpath = ${at('probe.log')}

[brief]
enabled = ${String(options.briefBans !== undefined)}
logpath = ${at('brief.log')}
bantime = ${options.briefBans ?? '10m'}
`,
  );

  await writeFile(at('jail.local'), ['[DEFAULT]', ...(options.defaults ?? []), ''].join('\n'));

  const paths = ['-c', folder, '-s', at('socket'), '-p', at('pid')];
  const env = {
    TZ: 'UTC',
    VALLUM_PORT: options.port.toString(),
    VALLUM_PUB_CONFIG: at('vallum-pub.yaml'),
    VALLUM_SPOOL_DIR: at('spool'),
    // It would make every start of Node slower, and the tests with it.
    NODE_EXTRA_CA_CERTS: undefined,
    ...options.env,
  };
  await writeFile(at('vallum-pub.yaml'), options.publisherConfig ?? 'host: 127.0.0.1\n', {
    mode: 0o600,
  });
  const launch = async (under: readonly string[] = []) => {
    const command = [...under, 'fail2ban-server', '-xf', ...paths];
    const server = await startProcess('env', command, { env });
    try {
      await waitFor(
        async () => (await runProcess('fail2ban-client', [...paths, 'status', 'probe'])).code === 0,
        { timeoutMs: 15_000, intervalMs: 100, what: 'the jail' },
      );
    } catch (cause) {
      throw new Error(`fail2ban did not start:\n${server.output()}`, { cause });
    }
    return server;
  };
  let server = await launch();

  const self: Fail2ban = {
    database: at('bans.sqlite3'),
    spool: at('spool'),
    async attack(ip, jail = 'probe', atMs = Date.now()) {
      const time = new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
      await appendFile(at(`${jail}.log`), `${time} probe: bad guest ${ip}\n`);
    },
    publisher: (...args) => runProcess(process.execPath, [publisher, ...args], { env }),
    client: (...args) => mustRun('fail2ban-client', [...paths, ...args]),
    log: () => server.output(),
    async start(under) {
      server = await launch(under);
    },
    async stop() {
      await mustRun('fail2ban-client', [...paths, 'stop']);
      await server.exited;
    },
  };
  return self;
}
