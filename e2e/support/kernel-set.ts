import { ownNamespace, type Namespace } from '@vallum/test-kit';

/** What a kernel set holds, as `ipset save` writes its entries: `192.0.2.7 timeout 598`. */
export async function members(set: string, namespace: Namespace = ownNamespace): Promise<string[]> {
  const saved = await namespace.exec('ipset', ['save', set]);
  return saved
    .split('\n')
    .filter((line) => line.startsWith('add '))
    .map((line) => line.split(' ').slice(2).join(' '));
}

export async function holds(
  set: string,
  address: string,
  namespace: Namespace = ownNamespace,
): Promise<boolean> {
  const { code } = await namespace.run('ipset', ['test', set, address]);
  return code === 0;
}
