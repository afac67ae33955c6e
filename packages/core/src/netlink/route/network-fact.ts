/** One address that the kernel's network configuration names. */
export interface NetworkFact {
  /**
   * `own`: an address of an interface, also of one that is down; `peer`: the other end of a
   * point-to-point link; `broadcast`: of an own subnet, as configured; `gateway`: where a route or a
   * nexthop object sends packets, whatever its table.
   */
  readonly kind: 'own' | 'peer' | 'broadcast' | 'gateway';
  /** Network byte order: 4 bytes for IPv4, 16 for IPv6. */
  readonly bytes: Uint8Array;
  /** The interface, by its index. */
  readonly index: number;
  /** Of an own address: how much of it names the subnet. */
  readonly prefixLength?: number;
}
