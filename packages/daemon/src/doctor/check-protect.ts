import { containsAddress, parseAddress, type Address, type HostAddress } from '@vallum/core';
import { finding, type Finding } from '@vallum/doctor';

export interface ProtectFacts {
  /** The administrator's list, as written and checked. */
  readonly protect: readonly string[];
  /** This host's own addresses, gateways and name servers are protected by themselves. */
  readonly protectHost: boolean;
  readonly host: readonly HostAddress[];
  /** Protected by itself, as soon as vallumd is connected. */
  readonly broker: readonly string[];
  /** Who is logged in over SSH. */
  readonly sshClient: string | undefined;
}

/** Whether a ban could cut off this host, or whoever is looking after it. */
export function checkProtect(facts: ProtectFacts): Finding[] {
  const list = facts.protect.flatMap(read);
  const covered = (address: Address) =>
    isLoopback(address) || list.some((entry) => containsAddress(entry, address));
  const findings: Finding[] = [];

  const bare = facts.protectHost ? [] : facts.host.filter(({ address }) => !covered(address));
  for (const { address, because } of bare) {
    const message = `is this host's ${because}, and could be banned`;
    findings.push(finding('warning', 'protect', address.text, message, protect(address.text)));
  }
  if (bare.length === 0) {
    const count = facts.host.length + facts.broker.length;
    const message = `none of ${count.toString()} addresses of its own, its gateways, name servers and broker can be banned`;
    findings.push(finding('ok', 'protect', 'this host', message));
  }
  for (const address of facts.sshClient === undefined ? [] : read(facts.sshClient)) {
    findings.push(
      covered(address)
        ? finding(
            'ok',
            'protect',
            address.text,
            'you are logged in from there; it cannot be banned',
          )
        : finding(
            'warning',
            'protect',
            address.text,
            'you are logged in from there, and a ban of it would lock you out',
            protect(address.text),
          ),
    );
  }
  return findings;
}

function read(text: string): Address[] {
  const parsed = parseAddress(text);
  return parsed.ok ? [parsed.value] : [];
}

function isLoopback({ family, bytes }: Address): boolean {
  return family === 'ipv4'
    ? bytes[0] === 127
    : bytes.every((byte, at) => byte === (at === 15 ? 1 : 0));
}

function protect(address: string): string {
  return `in /etc/vallum/vallumd.yaml: protect: [${address}]`;
}
