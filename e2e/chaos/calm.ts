import { waitFor } from '@vallum/test-kit';
import type { Site } from './site.js';
import type { Wish } from './traffic.js';

const COUNT = 12;
/** What a node has enforced is acknowledged within this, so that the broker does not send it again. */
const ACKNOWLEDGED_MS = 1_000;

/**
 * Bare unbans, while every firewall listens and all clocks are right: first bans, bare and stamped;
 * once every firewall has them, bare unbans of a half. Then each node has stamped them after the bans,
 * whatever comes later.
 */
export async function unbanInCalm({ publisher, firewalls }: Site, round: number): Promise<void> {
  const wishes = Array.from({ length: COUNT }, (_, index): Wish => {
    const isBare = index % 4 < 2;
    return {
      action: 'ban',
      address: `198.51.100.${String(((round * COUNT) % 240) + index + 1)}`,
      origin: isBare ? '' : 'web1.sshd',
      agoMs: isBare ? undefined : 0,
      lastsSeconds: Infinity,
    };
  });
  const lifted = wishes.filter((_, index) => index % 2 === 0);
  const send = (ones: readonly Wish[]) => {
    publisher.send({ way: 'transport', json: false, wishes: ones });
  };
  const allHold = async (ones: readonly Wish[], wanted: boolean) => {
    await waitFor(
      async () => {
        const sights = await Promise.all(firewalls.map((firewall) => firewall.look()));
        return sights.every(({ members }) =>
          ones.every(({ address }) => members.has(address) === wanted),
        );
      },
      {
        ...{ timeoutMs: 20_000, intervalMs: 200 },
        what: `${String(ones.length)} bans ${wanted ? 'in' : 'out of'} all sets, in the calm`,
      },
    );
  };
  send(wishes);
  await allHold(wishes, true);
  send(lifted.map((wish) => ({ ...wish, action: 'unban', origin: '', agoMs: undefined })));
  await allHold(lifted, false);
  await new Promise((resolve) => setTimeout(resolve, ACKNOWLEDGED_MS));
}
