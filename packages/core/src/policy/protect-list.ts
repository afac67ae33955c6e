import type { Address } from '../address/address.js';

/** An address or prefix that may not be banned, and why: for the refusal's message. */
export interface ProtectedEntry {
  readonly address: Address;
  /** Such as `loopback`, `address of eth0`, `name server`, `--protect`. */
  readonly because: string;
}
