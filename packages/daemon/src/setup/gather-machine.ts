import { VallumError } from '@vallum/core';
import { type Run, type RunResult } from '@vallum/core/backend';
import { readMachine, type Machine } from './machine.js';

const SWITCHES = ['/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv6/conf/all/forwarding'];

/**
 * Asks every tool that is installed. Nothing is changed.
 *
 * @param table of nftables where Vallum's sets are to be: `inet vallum`
 * @throws VallumError where a tool hangs
 */
export async function gatherMachine(run: Run, table: string): Promise<Machine> {
  let readable = true;
  /** undefined: not installed; empty where it printed nothing that could be used. */
  const ask = async (program: string, ...args: readonly string[]): Promise<string | undefined> => {
    let result: RunResult;
    try {
      result = await run(program, args);
    } catch (error) {
      if (error instanceof VallumError) throw error;
      return undefined;
    }
    if (result.code === 0) return result.stdout;
    if (/Operation not permitted|Permission denied|you must be root/i.test(result.stderr)) {
      readable = false;
    }
    return '';
  };
  const [ipsetNames, nft, forwarding, iptables4, iptables6] = await Promise.all([
    ask('ipset', 'list', '-n'),
    ask('nft', '-t', 'list', 'ruleset'),
    ask('cat', ...SWITCHES),
    ask('iptables-save'),
    ask('ip6tables-save'),
  ]);
  // The kernel looks at both variants, whichever of them is called iptables.
  const [legacy4, legacy6, compat4, compat6] = await Promise.all([
    ask('iptables-legacy-save'),
    ask('ip6tables-legacy-save'),
    ask('iptables-nft-save'),
    ask('ip6tables-nft-save'),
  ]);
  const texts = {
    ipsetNames,
    iptables: [iptables4, iptables6, legacy4, legacy6, compat4, compat6].flatMap((text) =>
      text === undefined ? [] : [text],
    ),
    compat: { ip: compat4 ?? '', ip6: compat6 ?? '' },
    hasIptables: iptables4 !== undefined,
    nft,
    forwarding: forwarding ?? '',
  };
  return readMachine({ ...texts, readable }, table);
}
