import { ownNamespace } from '@vallum/test-kit';
import type { Difference } from './compare.js';
import { HUB_ADDRESS } from './hub.js';
import { SET } from './sets/kernel-sets.js';

const REPLY = 'vallumd/reply/chaos';
const WITHIN_SECONDS = 2;

interface Answer {
  readonly id: string;
  readonly from: string;
  readonly status: { readonly sets?: readonly { readonly digest?: string }[] };
}

/** What the nodes themselves say of their ledgers: each one's digests, or that it does not answer. */
export async function readDigests(
  port: number,
  nodes: readonly string[],
): Promise<Map<string, string>> {
  const broker = ['-h', HUB_ADDRESS, '-p', String(port)];
  // All come at once where all are there, and are waited for in vain where one is missing.
  const answers = await ownNamespace.start('mosquitto_sub', [
    ...[...broker, '-d', '-t', REPLY, '-F', 'ANSWER %p'],
    ...['-C', String(nodes.length), '-W', String(WITHIN_SECONDS)],
  ]);
  const said = new Map<string, string>();
  try {
    await answers.waitForOutput(/Subscribed/);
    const id = Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(16, '0');
    const question = JSON.stringify({ v: 1, id, reply: REPLY, kind: 'status', addresses: [] });
    await ownNamespace.run('mosquitto_pub', [
      ...[...broker, '-q', '1', '-t', `${SET}/ask`, '-m', question],
    ]);
    await answers.exited;
    // ANSWER {"v":1,"id":"…","from":"fw1","kind":"status","status":{…,"sets":[{…,"digest":"…"}]}}
    for (const [, text = ''] of answers.stdout().matchAll(/^ANSWER (.*)$/gm)) {
      const { id: asked, from, status } = JSON.parse(text) as Answer;
      if (asked === id) said.set(from, (status.sets ?? []).map(({ digest }) => digest).join(' '));
    }
  } catch {
    // The broker is away: nobody answers.
  }
  return new Map(nodes.map((node) => [node, said.get(node) ?? 'no answer']));
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
