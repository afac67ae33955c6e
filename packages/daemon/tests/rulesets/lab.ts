import { createInterface } from 'node:readline';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createNamespace, endWithFile, type Namespace } from '@vallum/test-kit';

/** One packet, or the first of a connection. */
export interface Probe {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly fromPort?: number;
}

export interface Prober {
  /** From now on only datagrams of this round count, here as where they are sent. */
  begin(round: number): Promise<unknown>;
  /** @returns which of them were answered (TCP) */
  send(probes: readonly Probe[], waitMs: number): Promise<readonly number[]>;
  /** Datagrams of this round that arrived here. */
  arrived(): Promise<readonly number[]>;
}

/** Two of them lead outside to who is banned, one to a network of one's own, the rest to guests. */
export const LINKS = ['eth0', 'eth1', 'lan0', 'docker0', 'virbr0', 'cni0'] as const;
export type Link = (typeof LINKS)[number];

/** The firewall has .1 (::1) of each network, who is at the other end .2. */
export const NETWORKS: Readonly<Record<Link, { readonly v4: string; readonly v6: string }>> = {
  eth0: { v4: '192.0.2.', v6: '2001:db8:1::' },
  eth1: { v4: '198.51.100.', v6: '2001:db8:2::' },
  lan0: { v4: '10.9.0.', v6: 'fd00:9::' },
  docker0: { v4: '172.17.0.', v6: 'fd00:17::' },
  virbr0: { v4: '192.168.122.', v6: 'fd00:122::' },
  cni0: { v4: '10.42.0.', v6: 'fd00:42::' },
};

export const PORTS = [22, 25, 53, 68, 80, 443, 6443, 8080, 8443, 30080, 41641] as const;

export interface Lab {
  readonly firewall: Namespace;
  readonly probers: Readonly<Record<'firewall' | 'outside' | 'lan' | 'inside', Prober>>;
}

const OUTSIDE: readonly Link[] = ['eth0', 'eth1'];

/** A firewall, who is banned in front of it, and what it protects behind it. */
export async function createLab(): Promise<Lab> {
  const firewall = await createNamespace('fw');
  const outside = await createNamespace('outside');
  const lan = await createNamespace('lan');
  const inside = await createNamespace('inside');
  const other = (link: Link) => (OUTSIDE.includes(link) ? outside : link === 'lan0' ? lan : inside);
  const lines = LINKS.flatMap((link, index) => cable(link, index, firewall, other(link)));
  await firewall.exec('sh', ['-ec', lines.join('\n')]);
  const open = 'for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done';
  for (const namespace of [firewall, outside, lan, inside])
    await namespace.exec('sh', ['-c', open]);
  const ends = (links: readonly Link[], end: number) =>
    links.flatMap((link) => [
      `${NETWORKS[link].v4}${String(end)}`,
      `${NETWORKS[link].v6}${String(end)}`,
    ]);
  return {
    firewall,
    probers: {
      firewall: await startProber(firewall, ends(LINKS, 1)),
      outside: await startProber(outside, ends(OUTSIDE, 2)),
      lan: await startProber(lan, ends(['lan0'], 2)),
      inside: await startProber(inside, ends(['docker0', 'virbr0', 'cni0'], 2)),
    },
  };
}

/** Run where the firewall is, so that `ip` sees it; the other end by its process. */
function cable(link: Link, index: number, firewall: Namespace, other: Namespace): string[] {
  const { v4, v6 } = NETWORKS[link];
  const at = (end: number) => `02:00:00:00:0${String(index)}:0${String(end)}`;
  const there = `nsenter -t ${String(other.pid)} -n --`;
  const table = String(100 + index);
  const side = (before: string, own: number, peer: number) => [
    `${before} ip link set ${link} up`,
    `${before} ip address add ${v4}${String(own)}/24 dev ${link}`,
    `${before} ip address add ${v6}${String(own)}/64 dev ${link} nodad`,
    // Who is banned is not answered when he asks for the address of the card either.
    `${before} ip neigh add ${v6}${String(peer)} lladdr ${at(peer)} dev ${link} nud permanent`,
    `${before} ip neigh add ${v4}${String(peer)} lladdr ${at(peer)} dev ${link} nud permanent`,
  ];
  return [
    `ip link add ${link} netns ${String(firewall.pid)} address ${at(1)} type veth peer name ${link} netns ${String(other.pid)} address ${at(2)}`,
    ...side('', 1, 2),
    ...side(there, 2, 1),
    // Each address speaks over its own cable.
    `${there} ip rule add from ${v4}2 table ${table}`,
    `${there} ip route add default via ${v4}1 dev ${link} table ${table}`,
    `${there} ip -6 rule add from ${v6}2 table ${table}`,
    `${there} ip -6 route add default via ${v6}1 dev ${link} table ${table}`,
  ];
}

async function startProber(namespace: Namespace, addresses: readonly string[]): Promise<Prober> {
  const script = fileURLToPath(new URL('./prober.mjs', import.meta.url));
  const [program, args] = namespace.command(process.execPath, [
    script,
    JSON.stringify({ addresses, ports: PORTS }),
  ]);
  const child = spawn(program, args);
  endWithFile(() => {
    child.kill('SIGKILL');
    return Promise.resolve();
  });
  return talkTo(child, namespace.name);
}

async function talkTo(child: ChildProcessWithoutNullStreams, name: string): Promise<Prober> {
  interface Answer {
    readonly id?: number;
    readonly ready?: boolean;
    readonly ids?: readonly number[];
  }
  const waiting = new Map<number, (ids: readonly number[]) => void>();
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', () => {
      reject(new Error(`prober in ${name} ended: ${words}`));
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      if (answer.ready) resolve();
      else waiting.get(answer.id ?? -1)?.(answer.ids ?? []);
    });
  });
  await ready;
  let last = 0;
  const ask = (question: object) =>
    new Promise<readonly number[]>((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      child.stdin.write(`${JSON.stringify({ id: last, ...question })}\n`);
    });
  return {
    send: (probes, waitMs) => ask({ probes, waitMs }),
    begin: (round) => ask({ begin: round }),
    arrived: () => ask({ arrivals: true }),
  };
}
