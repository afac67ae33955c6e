import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { type Namespace, ownNamespace } from './namespace.js';
import { type RunningProcess, mustRun } from './process.js';
import { startProtocolGate } from './protocol-gate.js';
import { temporaryFolder } from './temporary-folder.js';

export interface MosquittoOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Paths of PEM files, as `makeCertificates` returns them. */
  readonly tls?: {
    readonly ca: string;
    readonly cert: string;
    readonly key: string;
    readonly requireCertificate?: boolean;
  };
  /** Name to password; without users everybody may connect. */
  readonly users?: Readonly<Record<string, string>>;
  /**
   * Keeps sessions and retained messages over `restart()`; over `kill()` what was there a second
   * before. Default false.
   */
  readonly persistence?: boolean;
  /** With 4 the broker refuses MQTT 5, as older ones do: plain TCP, own namespace only. Default 5. */
  readonly maxProtocol?: 4 | 5;
  /** More lines of mosquitto.conf, such as `max_queued_messages 0`. */
  readonly config?: string;
  readonly websockets?: boolean;
  /** Where it runs; default where the tests run. */
  readonly namespace?: Namespace;
  /** Host in `url`; default `127.0.0.1`, with TLS `localhost`. */
  readonly host?: string;
}

export interface Mosquitto {
  readonly port: number;
  readonly url: string;
  /** Everything it has logged since its last start, every packet included. */
  log(): string;
  stop(): Promise<void>;
  /** Starts again after `stop` or `kill`: same port, same database. */
  start(): Promise<void>;
  /** Stops cleanly and starts again. */
  restart(): Promise<void>;
  /** SIGKILL: nothing is saved, no connection is closed cleanly. */
  kill(): Promise<void>;
  /** While it does not run: removes its database, as after a reinstallation. */
  forget(): Promise<void>;
}

/** Starts a real Mosquitto and settles when it accepts connections. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = temporaryFolder();
  const port = options.port ?? (await freePort());
  // Mosquitto 2.0 has no option that refuses MQTT 5: a gate in front of it does.
  const gated = options.maxProtocol === 4;
  const innerPort = gated ? await freePort() : port;
  const configFile = join(folder, 'mosquitto.conf');
  if (options.users !== undefined) await writePasswords(join(folder, 'passwords'), options.users);
  await writeFile(configFile, configuration(options, folder, innerPort));

  const namespace = options.namespace ?? ownNamespace;
  const launch = async (): Promise<RunningProcess> => {
    const started = await namespace.start('mosquitto', ['-v', '-c', configFile]);
    // 1795420000: mosquitto version 2.0.11 running
    await started.waitForOutput(/: mosquitto version \S+ running$/m);
    return started;
  };
  let broker = await launch();
  const gate = gated ? await startProtocolGate(port, innerPort) : undefined;

  const scheme = options.websockets === true ? 'ws' : 'mqtt';
  const secure = options.tls !== undefined;
  const host = options.host ?? (secure ? 'localhost' : '127.0.0.1');
  const self: Mosquitto = {
    port,
    url: `${scheme}${secure ? 's' : ''}://${host}:${String(port)}`,
    log: () => broker.output(),
    async stop() {
      gate?.drop();
      await broker.kill('SIGTERM');
    },
    async start() {
      broker = await launch();
    },
    async restart() {
      await self.stop();
      await self.start();
    },
    async kill() {
      gate?.drop();
      await broker.kill('SIGKILL');
    },
    forget: () => rm(join(folder, 'mosquitto.db'), { force: true }),
  };
  return self;
}

function configuration(options: MosquittoOptions, folder: string, port: number): string {
  const { tls, users, persistence = false, websockets = false, config } = options;
  return [
    // Started by root it would become the user mosquitto, who may not read these folders.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    'log_dest stderr',
    `persistence ${String(persistence)}`,
    ...(persistence ? [`persistence_location ${folder}/`, 'autosave_interval 1'] : []),
    // Mosquitto 2.0.11 does not start with WebSocket listeners alone.
    ...(websockets ? [`listener 0 ${join(folder, 'broker.sock')}`] : []),
    `listener ${String(port)}`,
    ...(websockets ? ['protocol websockets'] : []),
    `allow_anonymous ${String(users === undefined)}`,
    ...(users === undefined ? [] : [`password_file ${join(folder, 'passwords')}`]),
    ...(tls === undefined
      ? []
      : [
          `cafile ${tls.ca}`,
          `certfile ${tls.cert}`,
          `keyfile ${tls.key}`,
          `require_certificate ${String(tls.requireCertificate ?? false)}`,
        ]),
    ...(config === undefined ? [] : [config]),
    '',
  ].join('\n');
}

/** The brief command line is harmless here: these passwords are the tests' own. */
async function writePasswords(file: string, users: Readonly<Record<string, string>>) {
  await writeFile(file, '', { mode: 0o600 });
  for (const [name, password] of Object.entries(users)) {
    await mustRun('mosquitto_passwd', ['-b', file, name, password]);
  }
}
