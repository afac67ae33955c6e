import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from './free-port.js';
import { endWithFile } from './leftovers.js';
import { mustRun, runProcess, startProcess } from './process.js';
import { temporaryFolder } from './temporary-folder.js';

/** Debian's `rabbitmq-server` in the path changes the user; this is what it starts. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const PATH = process.env['PATH'] ?? '';
const STARTS_WITHIN_MS = 90_000;

export interface RabbitMq {
  /** Of MQTT 3.1.1, on 127.0.0.1. */
  readonly port: number;
  /** Runs commands of a shell with a `rabbitmqctl` that speaks to this broker. */
  control(script: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a RabbitMQ with its MQTT plugin, as Debian brings it; settles when it takes connections. */
export async function startRabbitMq(): Promise<RabbitMq> {
  const folder = temporaryFolder();
  const port = await freePort();
  const amqpPort = await freePort();
  writeFileSync(join(folder, 'plugins'), '[rabbitmq_mqtt].\n');
  writeFileSync(
    join(folder, 'rabbitmq.conf'),
    [
      `listeners.tcp.local = 127.0.0.1:${String(amqpPort)}`,
      `mqtt.listeners.tcp.1 = 127.0.0.1:${String(port)}`,
      'mqtt.allow_anonymous = true',
      'log.console = true',
      'log.file = false',
      '',
    ].join('\n'),
  );
  mkdirSync(join(folder, 'mnesia'));
  const pidFile = join(folder, 'pid');
  const mapperPort = await freePort();
  const env = {
    HOME: folder,
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_PID_FILE: pidFile,
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_NODENAME: `vallum${String(port)}@localhost`,
    RABBITMQ_DIST_PORT: String(await freePort()),
    ERL_EPMD_PORT: String(mapperPort),
  };
  const broker = await startProcess(PROGRAM, [], { env });
  // The program is a script: the broker itself, and the mapper of names that it starts, outlive it.
  const stop = async (): Promise<void> => {
    forget();
    if (existsSync(pidFile)) kill(Number(readFileSync(pidFile, 'utf8')));
    await broker.kill('SIGKILL');
    await runProcess('epmd', ['-port', String(mapperPort), '-kill']);
  };
  const forget = endWithFile(stop);
  await broker.waitForOutput(/Server startup complete/, { timeoutMs: STARTS_WITHIN_MS });
  return {
    port,
    stop,
    // Debian's in the path changes the user too.
    control: (script) =>
      mustRun('bash', ['-euc', script], { env: { ...env, PATH: `${dirname(PROGRAM)}:${PATH}` } }),
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
