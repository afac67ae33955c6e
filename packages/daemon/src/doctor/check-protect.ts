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
  /** The file that is read at the start, to which the list can be added. */
  readonly configPath: string;
  /** Who is logged in over SSH. */
  readonly sshClient: string | undefined;
}

/** Whether a ban could cut off this host, or whoever is looking after it. */
export function checkProtect(facts: ProtectFacts): Finding[] {
  const list = facts.protect.flatMap(read);
  const covered = (address: Address) =>
    isLoopback(address) || list.some((entry) => containsAddress(entry, address));
  const bare = facts.protectHost ? [] : facts.host.filter(({ address }) => !covered(address));
  const client = facts.sshClient === undefined ? [] : read(facts.sshClient);
  const open = client.filter((address) => !covered(address));
  // A line that does for all of them: a file holds the key once.
  const whole = [...facts.protect, ...bare.map(({ address }) => address.text)];
  const missing = open.map(({ text }) => text).filter((text) => !whole.includes(text));
  const remedy = `in ${facts.configPath}: protect: [${[...whole, ...missing].map(quote).join(', ')}]`;

  const findings = bare.map(({ address, because }) => {
    const message = `is this host's ${because}, and could be banned`;
    return finding('warning', 'protect', address.text, message, remedy);
  });
  if (bare.length === 0) {
    const count = facts.host.length + facts.broker.length;
    const whose = `its own, its gateways and name servers${facts.broker.length === 0 ? '' : ', and its broker'}`;
    const message = `none of ${count.toString()} addresses can be banned: ${whose}`;
    findings.push(finding('ok', 'protect', 'this host', message));
  }
  for (const address of client) {
    findings.push(
      open.includes(address)
        ? finding(
            'warning',
            'protect',
            address.text,
            'you are logged in from there, and a ban of it would lock you out',
            remedy,
          )
        : finding(
            'ok',
            'protect',
            address.text,
            'you are logged in from there; it cannot be banned',
          ),
    );
  }
  return findings;
}

/** An IPv6 address may end in a colon, which YAML would read as a key. */
function quote(text: string): string {
  return text.includes(':') ? `'${text}'` : text;
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
