import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, temporaryFolder } from '@vallum/test-kit';
import type { Finding } from '@vallum/doctor';
import { runDoctor } from '../src/doctor/run-doctor.js';

export interface Diagnosis {
  readonly code: number;
  readonly findings: readonly Finding[];
  /** `critical rules`: what is not in order. */
  readonly trouble: readonly string[];
  find(check: string, subject?: string): Finding | undefined;
}

/** Runs the doctor in this process, and so in the namespace of the tests. */
export async function doctor(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Diagnosis> {
  let printed = '';
  const code = await runDoctor([...args, '--json'], {
    env: { VALLUMD_CONFIG: undefined, ...env },
    print: (text) => (printed += text),
    errors: { write: () => undefined, journal: false },
  });
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

/** Sets `blacklist` and `blacklist6`, and rules that use them at the top of INPUT. */
export async function makeFirewall(): Promise<void> {
  await mustRun('ipset', ['create', 'blacklist', 'hash:net', 'timeout', '0']);
  await mustRun('ipset', ['create', 'blacklist6', 'hash:net', 'family', 'inet6', 'timeout', '0']);
  await mustRun('iptables', rule('-I', 'blacklist'));
  await mustRun('ip6tables', rule('-I', 'blacklist6'));
}

export function rule(command: string, set: string): string[] {
  return [command, 'INPUT', '-m', 'set', '--match-set', set, 'src', '-j', 'DROP'];
}

/** Leaves nothing of what a test has made. */
export async function clearFirewall(): Promise<void> {
  for (const variant of ['iptables', 'iptables-legacy', 'ip6tables']) {
    await mustRun(variant, ['-F']);
    await mustRun(variant, ['-X']);
  }
  await mustRun('nft', ['flush', 'ruleset']);
  await mustRun('ipset', ['destroy']);
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
