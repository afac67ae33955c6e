import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createNamespace,
  mustRun,
  runProcess,
  temporaryFolder,
  type Namespace,
} from '@vallum/test-kit';
import { createIpsetProcessBackend, createMemoryBackend } from '@vallum/core';
import { type Run } from '@vallum/core/backend';
import type { Finding } from '@vallum/doctor';
import type { DaemonFacts } from '../src/doctor/gather-daemon.js';
import { runDoctor } from '../src/doctor/run-doctor.js';

export interface Diagnosis {
  readonly code: number | null;
  readonly findings: readonly Finding[];
  /** `critical rules`: what is not in order. */
  readonly trouble: readonly string[];
  find(check: string, subject?: string): Finding | undefined;
}

/**
 * A firewall of its own: other tests have sets of the same names in the namespace where they run.
 * What it reads and edits is there; brokers are reached from the tests' own.
 */
export interface Firewall {
  readonly host: Namespace;
  readonly run: Run;
  doctor(
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
    daemon?: DaemonFacts,
  ): Promise<Diagnosis>;
  /** Sets `blacklist` and `blacklist6`, and rules that use them at the top of INPUT. */
  make(): Promise<void>;
  /** Leaves nothing of what a test has made. */
  clear(): Promise<void>;
}

/** As if vallumd ran and had nothing to tell but that. */
function running(): DaemonFacts {
  const seen = Math.floor(Date.now() / 1000);
  const contact = { connected: true, seen, received: {}, missed: [] };
  return { folder: '/var/lib/vallum', process: 4_711, contact };
}

export async function createFirewall(name: string): Promise<Firewall> {
  const host = await createNamespace(name);
  const run: Run = (program, args, options = {}) =>
    runProcess(...host.command(program, args), options).then((finished) => {
      // nsenter's own words for a program that is not installed.
      if (finished.code !== 127) return finished;
      throw Object.assign(new Error(`${program} is not installed`), { code: 'ENOENT' });
    });
  return {
    host,
    run,
    doctor: (args, env = {}, daemon = running()) => runHere(args, env, run, daemon),
    make: () => makeFirewall(host),
    clear: () => clearFirewall(host),
  };
}

async function runHere(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  run: Run,
  daemon: DaemonFacts,
): Promise<Diagnosis> {
  let printed = '';
  const code = await runDoctor(
    [...args, '--json'],
    {
      env: { VALLUMD_CONFIG: undefined, ...env },
      print: (text) => (printed += text),
      errors: { write: () => undefined, journal: false },
    },
    {
      run,
      backend: ({ name }) =>
        Promise.resolve(
          name === 'memory' ? createMemoryBackend() : createIpsetProcessBackend({ run }),
        ),
      daemon: () => Promise.resolve(daemon),
      timeoutMs: 5_000,
    },
  );
  return readDiagnosis(printed, code);
}

/** @param printed what `--json` prints */
export function readDiagnosis(printed: string, code: number | null): Diagnosis {
  const { findings } = JSON.parse(printed) as { readonly findings: readonly Finding[] };
  return {
    code,
    findings,
    trouble: findings
      .filter(({ level }) => level !== 'ok')
      .map(({ level, check }) => `${level} ${check}`),
    find: (check, subject) =>
      findings.find(
        (found) => found.check === check && (subject === undefined || found.subject === subject),
      ),
  };
}

async function makeFirewall(host: Namespace): Promise<void> {
  await host.exec('ipset', ['create', 'blacklist', 'hash:net', 'timeout', '0']);
  await host.exec('ipset', ['create', 'blacklist6', 'hash:net', 'family', 'inet6', 'timeout', '0']);
  await host.exec('iptables', rule('-I', 'blacklist'));
  await host.exec('ip6tables', rule('-I', 'blacklist6'));
}

export function rule(command: string, set: string): string[] {
  return [command, 'INPUT', '-m', 'set', '--match-set', set, 'src', '-j', 'DROP'];
}

async function clearFirewall(host: Namespace): Promise<void> {
  for (const variant of ['iptables', 'iptables-legacy', 'ip6tables']) {
    await host.exec(variant, ['-F']);
    await host.exec(variant, ['-X']);
  }
  await host.exec('nft', ['flush', 'ruleset']);
  await host.exec('ipset', ['destroy']);
}

/** A status as a running vallumd leaves it. */
export async function publishStatus(port: number, state: string, ...more: readonly string[]) {
  await mustRun('mosquitto_pub', [
    ...['-p', port.toString(), '-q', '1', '-r', '-t', 'vallumd/fw1'],
    ...['-m', JSON.stringify({ state, node: 'fw1' }), ...more],
  ]);
}

/** A broker's certificate of its own authority, valid for so many days. */
export async function certificateFor(
  days: number,
): Promise<{ ca: string; cert: string; key: string }> {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await mustRun('openssl', [
    ...['req', '-x509', ...key, '-days', '400', '-subj', '/CN=Test CA'],
    ...['-keyout', at('ca.key'), '-out', at('ca.crt')],
  ]);
  await mustRun('openssl', [
    ...['req', '-new', ...key, '-subj', '/CN=localhost'],
    ...['-keyout', at('server.key'), '-out', at('server.csr')],
  ]);
  await writeFile(at('ext'), 'subjectAltName=DNS:localhost\n');
  await mustRun('openssl', [
    ...[
      'x509',
      '-req',
      '-days',
      days.toString(),
      '-in',
      at('server.csr'),
      '-out',
      at('server.crt'),
    ],
    ...['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('ext')],
  ]);
  return { ca: at('ca.crt'), cert: at('server.crt'), key: at('server.key') };
}
