import type { Namespace } from '@vallum/test-kit';

/** The kernel sets of one firewall, edited and read by the tools of the kernel's own makers. */
export interface KernelSets {
  /** What vallumd has to be told. */
  readonly args: readonly string[];
  readonly keepsEnds: boolean;
  readonly takesIpv6: boolean;
  readonly takesPrefixes: boolean;
  create(namespace: Namespace): Promise<void>;
  /** Address → seconds until its end, Infinity for ever; empty where there are no sets. */
  read(namespace: Namespace): Promise<Map<string, number>>;
  flush(namespace: Namespace): Promise<void>;
  destroy(namespace: Namespace): Promise<void>;
  /** Puts empty sets in their place at one stroke. */
  swap(namespace: Namespace): Promise<void>;
  /** Takes out one member, an IPv4 address. */
  drop(namespace: Namespace, address: string): Promise<void>;
}

export const SET = 'blacklist';
