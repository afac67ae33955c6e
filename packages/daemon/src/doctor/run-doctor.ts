import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { findHostAddresses, VallumError, type Backend } from '@vallum/core';
import { run, type Run } from '@vallum/core/backend';
import { createMqttTransport, lookAtBroker } from '@vallum/core/mqtt';
import {
  exitCodeOfFindings,
  finding,
  FINDINGS_EXIT,
  gatherBroker,
  gatherSecrets,
  readCertificate,
  renderFindings,
  renderFindingsJson,
  secretFiles,
  type Finding,
  type FindingsExit,
  wantsColour,
  type SecretFile,
} from '@vallum/doctor';
import { firstRequested, loadOptions, STANDARD_PASSWORD_FILE, useUtc } from '@vallum/options';
import { createBackend } from '../backend.js';
import { DEFAULT_CONFIG, useOptions } from '../configuration.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { statusTopic } from '../status/status-messages.js';
import type { DaemonValues, Settings } from '../settings.js';
import type { DaemonIo } from '../system-io.js';
import { readFindings } from './changes/read-findings.js';
import { reportChanges } from './changes/report-changes.js';
import { diagnose, type Facts } from './diagnose.js';
import { gatherDaemon, type DaemonFacts } from './gather-daemon.js';
import { gatherKernel, setKind } from './gather-kernel.js';
import { doctorOptions } from './options.js';
import { readManner } from './read-manner.js';
import { findSshClient } from './ssh-client.js';
import { renderDoctorHelp } from './usage.js';
import { echoesOf, filtersOf, protectionToProve, topicsOf } from './what-to-prove.js';

export interface DoctorDeps {
  readonly run: Run;
  readonly backend: (choice: Settings['backend']) => Promise<Backend>;
  readonly daemon: (settings: Settings) => Promise<DaemonFacts>;
  readonly timeoutMs: number;
}

const systemDeps: DoctorDeps = {
  run,
  backend: (choice) => createBackend(choice, { write: () => undefined, restyle: () => undefined }),
  daemon: (settings) => gatherDaemon(settings),
  timeoutMs: 5_000,
};

/** What systemd hands over to the service, as root can read it while that runs. */
const SERVICE = { CREDENTIALS_DIRECTORY: '/run/credentials/vallumd.service' };

/**
 * Runs `vallumd doctor`: looks, changes nothing, and leaves a running vallumd alone.
 *
 * @param argv what follows `doctor`
 * @returns 0 ok, 1 warnings, 2 critical, 3 not known; 64 called wrongly, 66 no findings to read, 69 a change could not be told
 */
export async function runDoctor(
  argv: readonly string[],
  io: Pick<DaemonIo, 'env' | 'print' | 'errors' | 'columns'>,
  deps: DoctorDeps = systemDeps,
): Promise<FindingsExit | ExitCode> {
  if (firstRequested(doctorOptions, argv, ['help']) !== undefined) {
    io.print(await renderDoctorHelp(io.columns));
    return FINDINGS_EXIT.ok;
  }
  const read = readManner(argv);
  if (!read.ok) {
    io.errors.write(`vallumd doctor: ${read.detail}\n`);
    return EXIT.usage;
  }
  const { json, verbose, from, ...changes } = read.manner;
  const style = {
    verbose,
    colour: wantsColour(io.columns !== undefined, io.env),
    ...(io.columns === undefined ? {} : { columns: io.columns }),
  };
  let findings: readonly Finding[];
  try {
    findings = from === undefined ? await look(argv, io.env, deps) : await readFindings(from);
  } catch (error) {
    if (from === undefined) throw error;
    const why = error instanceof Error ? error.message : String(error);
    io.errors.write(`vallumd doctor: ${from} holds no findings: ${why}\n`);
    return EXIT.noInput;
  }
  if (changes.file !== undefined) {
    const request = { ...changes, file: changes.file, json, style };
    const nowUnix = () => Math.floor(Date.now() / 1000);
    return reportChanges(findings, request, io, { run: deps.run, host: hostname(), nowUnix });
  }
  io.print(json ? renderFindingsJson(findings) : renderFindings(findings, style));
  return exitCodeOfFindings(findings);
}

async function look(
  argv: readonly string[],
  env: DaemonIo['env'],
  deps: DoctorDeps,
): Promise<readonly Finding[]> {
  const loaded = await loadOptions(doctorOptions, { argv, env, defaultConfigPath: DEFAULT_CONFIG });
  if (!loaded.ok) return [finding('critical', 'configuration', 'vallumd', loaded.detail)];
  const { places } = loaded.value;
  const used = useOptions(loaded.value, { ...SERVICE, ...env });
  if (!used.ok) return [finding('critical', 'configuration', 'vallumd', used.detail)];

  const { settings, configPath, values } = used;
  if (values.utc) useUtc();
  const secrets = await gatherSecrets([...secretFiles(values, places), ...handedOver(values)]);
  const facts = await gather(settings, env, deps);
  return [
    finding('ok', 'configuration', configPath ?? 'command line', 'can be used'),
    ...diagnose(settings, { ...facts, secrets, configPath: configPath ?? DEFAULT_CONFIG }),
  ];
}

async function gather(
  settings: Settings,
  env: DaemonIo['env'],
  deps: DoctorDeps,
): Promise<Omit<Facts, 'secrets' | 'configPath'>> {
  const { mqtt, node, live } = settings;
  const kind = setKind(settings.backend.name);
  const backend = await deps.backend(settings.backend);
  const kernel =
    kind === undefined
      ? undefined
      : await gatherKernel(live.topics, {
          inspect: (set) => backend.inspect(set),
          run: deps.run,
        });
  await backend.close();

  const clientId = `${mqtt.clientId ?? `vallumd-${node}`}-doctor-${process.pid.toString()}`;
  const apart = protectionToProve(settings);
  const broker = await gatherBroker(
    {
      ...{ mqtt, clientId, filters: filtersOf(settings) },
      // While vallumd is away, so is a broker that is part of it.
      session: settings.listen?.isOwnBroker !== true,
      echoes: echoesOf(settings),
      question: { topics: topicsOf(settings), client: node, node },
      ...(apart === undefined ? {} : { apart }),
      ...(settings.publishStatus ? { statusTopic: statusTopic(node) } : {}),
    },
    { look: lookAtBroker, connect: createMqttTransport, timeoutMs: deps.timeoutMs },
  ).catch(asFault);
  return {
    ...(kernel ? { kernel } : {}),
    broker,
    daemon: await deps.daemon(settings),
    ownCertificates: await readCertificate(mqtt.certFile),
    host: await findHostAddresses(),
    sshClient: await findSshClient(env),
    nowUnix: Date.now() / 1000,
  };
}

/** Where the packaged unit takes the password from (LoadCredential), where no option names it. */
function handedOver(values: DaemonValues): SecretFile[] {
  const path = STANDARD_PASSWORD_FILE;
  if (values['password-file'] === path) return [];
  return existsSync(path) ? [{ path, holds: 'password' }] : [];
}

/** A file that vanished since it was checked. */
function asFault(error: unknown): string {
  if (error instanceof VallumError) return error.message;
  throw error;
}
