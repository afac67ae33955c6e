import { ownNamespace } from '@vallum/test-kit';
import type { Difference } from './compare.js';
import { HUB_ADDRESS } from './hub.js';

interface Status {
  readonly state: string;
  readonly ledgers?: readonly { readonly digest: string }[];
}

/** What the retained statuses say of each node's ledger: its digest, or the state of the node. */
export async function readDigests(
  port: number,
  nodes: readonly string[],
): Promise<Map<string, string>> {
  const { stdout } = await ownNamespace.run('mosquitto_sub', [
    ...['-h', HUB_ADDRESS, '-p', String(port), '-t', 'vallumd/+', '-F', '%t %p'],
    // All come at once where all are there, and are waited for in vain where one is missing.
    ...['-C', String(nodes.length), '-W', '2'],
  ]);
  // vallumd/fw1 {"state":"online","node":"fw1",…,"ledgers":[{"topic":"blacklist","digest":"…",…}]}
  const found = stdout.matchAll(/^vallumd\/(\S+) (.*)$/gm);
  const said = new Map([...found].map(([, node = '', text = '']) => [node, digestOf(text)]));
  return new Map(nodes.map((node) => [node, said.get(node) ?? 'no status']));
}

/** Who differs from what most nodes say; nothing where all say the same. */
export function compareDigests(digests: ReadonlyMap<string, string>): Difference[] {
  const counts = new Map<string, number>();
  for (const digest of digests.values()) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  const [[wanted] = ['']] = [...counts].sort(([, one], [, other]) => other - one);
  return [...digests]
    .filter(([, found]) => found !== wanted)
    .map(([node, found]) => ({ node, address: 'digest', wanted, found }));
}

function digestOf(text: string): string {
  const { state, ledgers = [] } = JSON.parse(text) as Status;
  return ledgers.length === 0 ? state : ledgers.map(({ digest }) => digest).join(' ');
}
