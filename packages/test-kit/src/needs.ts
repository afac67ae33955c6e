import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a suite may need from the machine. */
export type Need =
  /** To be root of the machine itself, not only of a namespace. */
  | 'root'
  | 'namespace'
  | 'ipset'
  | 'nft'
  /** That nft can send as many elements at once as any test has it send. */
  | 'nft-in-bulk'
  | 'iptables'
  | 'iproute'
  | 'mosquitto'
  | 'mosquitto-clients'
  | 'rabbitmq'
  | 'fail2ban'
  | 'openssl'
  | 'perl'
  | 'python3'
  | 'strace'
  | 'dpkg'
  | 'lintian'
  | 'debootstrap'
  | 'systemd-analyze'
  | 'mandoc'
  | 'bash'
  | 'zsh'
  | 'fish'
  | 'rpm'
  | 'qemu-user'
  | 'faketime'
  /** With promtool. */
  | 'prometheus'
  | 'amtool'
  | 'chromium';

const UID_MAP = '/proc/self/uid_map';

/**
 * `unshare -Ur` makes anybody uid 0 of a namespace, who still may not chroot into trees of others, lock
 * files under /run, or ask for large socket buffers.
 *
 * @param uidMap `/proc/self/uid_map`: `0 0 4294967295` where no user namespace is around (user_namespaces(7))
 */
export function isRootOfMachine(process: {
  readonly uid: number | undefined;
  readonly uidMap: string;
}): boolean {
  return process.uid === 0 && /^\s*0\s+0\s+4294967295\s*$/.test(process.uidMap);
}

const known = new Map<Need, string | undefined>();

/** Why the machine cannot give it, in one sentence; undefined where it can. Probed once a file. */
export function whyMissing(need: Need): string | undefined {
  if (!known.has(need)) known.set(need, probes[need]());
  return known.get(need);
}

const probes: Record<Need, () => string | undefined> = {
  root: () =>
    isRootOfMachine({
      uid: process.getuid?.(),
      uidMap: existsSync(UID_MAP) ? readFileSync(UID_MAP, 'utf8') : '',
    })
      ? undefined
      : 'needs root of the machine itself',
  namespace: () =>
    process.env['VALLUM_TEST_NAMESPACE'] === 'own'
      ? undefined
      : 'no network namespace of its own (unshare or ip is missing, or the kernel refuses)',
  ipset: () => probeInNamespace(probeIpset),
  nft: () => probeInNamespace(() => probe('nft', ['list', 'ruleset'])),
  'nft-in-bulk': () => probes.nft() ?? probeNftInBulk(),
  iptables: () => probeInNamespace(() => probe('iptables', ['-S'])),
  iproute: () => probe('ip', ['-V']),
  mosquitto: () => present('mosquitto', ['-h']) ?? present('mosquitto_passwd', []),
  'mosquitto-clients': () =>
    present('mosquitto_pub', ['--help']) ?? present('mosquitto_sub', ['--help']),
  rabbitmq: probeRabbitMq,
  fail2ban: () =>
    probe('fail2ban-client', ['--version']) ?? probe('fail2ban-server', ['--version']),
  openssl: () => probe('openssl', ['version']),
  perl: () => probe('perl', ['-e', '1']),
  python3: () => probe('python3', ['-c', '']),
  strace: probeStrace,
  chromium: () => probe('chromium', ['--version']),
  prometheus: () => probe('promtool', ['--version']) ?? probe('prometheus', ['--version']),
  amtool: () => probe('amtool', ['--version']),
  faketime: () => probe('faketime', ['-f', '+0', 'true']),
  dpkg: () => probe('dpkg-deb', ['--version']),
  lintian: () => probe('lintian', ['--version']),
  debootstrap: () => probe('debootstrap', ['--version']) ?? whyMissing('root'),
  'systemd-analyze': () => probe('systemd-analyze', ['--version']),
  mandoc: () => present('mandoc', []),
  bash: () => probe('bash', ['--version']),
  zsh: () => probe('zsh', ['--version']),
  fish: () => probe('fish', ['--version']),
  rpm: () => probe('rpmbuild', ['--version']) ?? probe('rpm', ['--version']),
  'qemu-user': () => probe('qemu-aarch64-static', ['--version']),
};

/** Tools that edit the kernel are tried only where they cannot touch the host's own firewall. */
function probeInNamespace(body: () => string | undefined): string | undefined {
  return whyMissing('namespace') ?? body();
}

function probeIpset(): string | undefined {
  const name = `vallum-probe-${String(process.pid)}`;
  const created = probe('ipset', ['create', name, 'hash:ip', 'timeout', '0']);
  return created ?? probe('ipset', ['destroy', name]);
}

/** A transaction is one message: without a larger socket buffer (SO_SNDBUFFORCE) it does not fit. */
function probeNftInBulk(): string | undefined {
  const table = `vallum_probe_${String(process.pid)}`;
  const elements = [...Array(300_000).keys()].map(
    (n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
  );
  const { status, error, stderr } = run('nft', ['-f', '-'], {
    input: `add table ip ${table}
add set ip ${table} s { type ipv4_addr; }
add element ip ${table} s { ${elements.join(', ')} }
delete table ip ${table}
`,
  });
  if (error !== undefined) return couldNotStart('nft', error);
  if (status === 0) return undefined;
  const said = stderr.trim().split('\n')[0] ?? '';
  return `needs root: nft cannot send 300,000 elements at once (${said})`;
}

/** It takes seconds to start, so that it is only looked for. */
function probeRabbitMq(): string | undefined {
  return existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server')
    ? undefined
    : 'rabbitmq-server is not installed';
}

/** A traced program must really be traceable: containers often forbid ptrace. */
function probeStrace(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'vallum-probe-'));
  try {
    const log = join(folder, 'trace');
    writeFileSync(log, '');
    return probe('strace', ['-f', '-o', log, process.execPath, '--version']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function probe(program: string, args: readonly string[]): string | undefined {
  const result = run(program, args);
  if (result.error !== undefined) return couldNotStart(program, result.error);
  if (result.status === 0) return undefined;
  const said = result.stderr.trim().split('\n')[0] ?? '';
  return `${[program, ...args].join(' ')} failed: ${said || `exit code ${String(result.status)}`}`;
}

/** For programs whose help ends with an exit code of its own. */
function present(program: string, args: readonly string[]): string | undefined {
  const { error } = run(program, args);
  return error === undefined ? undefined : couldNotStart(program, error);
}

function run(program: string, args: readonly string[], { input = '' } = {}) {
  return spawnSync(program, args, {
    encoding: 'utf8',
    input,
    timeout: 10_000,
    env: { ...process.env, LC_ALL: 'C' },
  });
}

function couldNotStart(program: string, error: Error): string {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return missing ? `${program} is not installed` : `${program} cannot run: ${error.message}`;
}
