import {
  createNamespace,
  ownNamespace,
  startMosquitto,
  waitFor,
  type Mosquitto,
  type Namespace,
} from '@vallum/test-kit';

export const HUB_ADDRESS = '10.77.0.1';

/** A switch with the broker at it, in a namespace of their own: every firewall hangs on its own cable. */
export class Hub {
  #plugged = 0;

  private constructor(
    private readonly namespace: Namespace,
    readonly broker: Mosquitto,
  ) {}

  /** The namespace of the tests is plugged in as well: the publishers live there. */
  static async create(): Promise<Hub> {
    const namespace = await createNamespace('hub');
    await namespace.exec('ip', ['link', 'add', 'br0', 'type', 'bridge']);
    await namespace.exec('ip', ['link', 'set', 'br0', 'up']);
    await namespace.exec('ip', ['address', 'add', `${HUB_ADDRESS}/24`, 'dev', 'br0']);
    const broker = await startMosquitto({ namespace, host: HUB_ADDRESS, persistence: true });
    const hub = new Hub(namespace, broker);
    await hub.plugIn(ownNamespace);
    return hub;
  }

  async plugIn(guest: Namespace): Promise<void> {
    this.#plugged += 1;
    const port = portOf(guest.name);
    await this.namespace.exec('ip', [
      ...['link', 'add', port, 'type', 'veth'],
      ...['peer', 'name', 'to-hub', 'netns', String(guest.pid)],
    ]);
    await this.namespace.exec('ip', ['link', 'set', port, 'master', 'br0', 'up']);
    const address = `10.77.0.${String(1 + this.#plugged)}/24`;
    await guest.exec('ip', ['address', 'add', address, 'dev', 'to-hub']);
    await guest.exec('ip', ['link', 'set', 'to-hub', 'up']);
  }

  /** The cable is pulled: the guest's interface sees it. */
  async pull(guest: string): Promise<void> {
    await this.namespace.exec('ip', ['link', 'set', portOf(guest), 'down']);
  }

  async plugBack(guest: string): Promise<void> {
    await this.namespace.exec('ip', ['link', 'set', portOf(guest), 'up']);
  }

  /** Nothing gets through any more, and nobody is told (states: linux/if_bridge.h). */
  async mute(guest: string, muted: boolean): Promise<void> {
    const [disabled, forwarding] = ['0', '3'];
    const state = muted ? disabled : forwarding;
    await this.namespace.exec('bridge', ['link', 'set', 'dev', portOf(guest), 'state', state]);
  }

  /** Waits until so many firewalls have subscribed since the broker's last start. */
  async subscribed(count: number): Promise<void> {
    await waitFor(
      () => {
        // 1795420000: Sending SUBACK to vallumd-fw1
        const names = this.broker.log().matchAll(/Sending SUBACK to vallumd-(\S+)/g);
        return new Set([...names].map(([, name]) => name)).size >= count ? true : undefined;
      },
      { timeoutMs: 20_000, what: `${String(count)} firewalls at the broker` },
    );
  }
}

function portOf(guest: string): string {
  return `port-${guest}`;
}
