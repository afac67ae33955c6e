import { runSetup } from '../src/setup/run-setup.js';
import type { Firewall } from './doctor-world.js';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `vallumd setup` in a firewall. */
export async function runSetupIn(firewall: Firewall, ...args: readonly string[]): Promise<Ran> {
  const out = { code: 0, stdout: '', stderr: '' };
  const io = {
    env: {},
    print: (text: string) => (out.stdout += text),
    errors: { write: (text: string) => (out.stderr += text), journal: false },
  };
  out.code = await runSetup(args, io, firewall.run);
  return out;
}

/** All that setup could have changed, without times and counters. */
export async function everything({ host }: Firewall): Promise<string> {
  const texts = await Promise.all([
    host.exec('iptables-save'),
    host.exec('ip6tables-save'),
    host.exec('nft', ['list', 'ruleset']),
    host.exec('ipset', ['save']),
  ]);
  return texts
    .join('\n')
    .replace(/^#.*$/gm, '')
    .replace(/packets \d+ bytes \d+|\[\d+:\d+\]/g, '');
}
