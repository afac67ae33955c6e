import { waitFor, type Namespace } from '@vallum/test-kit';
import { SET, type KernelSets } from './kernel-sets.js';

export interface IpsetOptions {
  readonly type: 'hash:net' | 'hash:ip';
  readonly timeouts: boolean;
  readonly ipv6: boolean;
  readonly backend: 'ipset' | 'ipset-process';
}

export function ipsetSets({ type, timeouts, ipv6, backend }: IpsetOptions): KernelSets {
  const sets = ipv6 ? [SET, `${SET}6`] : [SET];
  const make = async (namespace: Namespace, set: string, name: string) => {
    const family = set === SET ? [] : ['family', 'inet6'];
    const timeout = timeouts ? ['timeout', '0'] : [];
    await namespace.exec('ipset', ['create', '-exist', name, type, ...family, ...timeout]);
  };
  const each = async (act: (set: string) => Promise<unknown>) => {
    for (const set of sets) await act(set);
  };
  return {
    args: ['--backend', backend],
    keepsEnds: timeouts,
    takesIpv6: ipv6,
    takesPrefixes: type === 'hash:net',
    create: (namespace) => each((set) => make(namespace, set, set)),
    async read(namespace) {
      // add blacklist 192.0.2.7 timeout 598
      const saved = await namespace.exec('ipset', ['save']);
      const added = saved.matchAll(/^add \S+ (\S+)(?: timeout (\d+))?/gm);
      return new Map(
        [...added].map(([, address = '', seconds = '0']) => [
          address,
          seconds === '0' ? Infinity : Number(seconds),
        ]),
      );
    },
    flush: (namespace) => each((set) => namespace.exec('ipset', ['flush', set])),
    destroy: (namespace) => each((set) => destroy(namespace, set)),
    swap: (namespace) =>
      each(async (set) => {
        await make(namespace, set, 'other');
        await namespace.exec('ipset', ['swap', set, 'other']);
        await destroy(namespace, 'other');
      }),
    async drop(namespace, address) {
      await namespace.exec('ipset', ['del', SET, address]);
    },
  };
}

/** A dump that somebody takes holds a set for a moment: the kernel then says that it is in use. */
async function destroy(namespace: Namespace, set: string): Promise<void> {
  await waitFor(async () => (await namespace.run('ipset', ['destroy', set])).code === 0, {
    what: `the end of set ${set}`,
  });
}
