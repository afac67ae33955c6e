import type { Address, AddressText } from '../address/address.js';
import type { Ban, Lease } from '../lease/lease.js';

/**
 * A ban as the ledger keeps it. Of one IPv4 address, of which there are hundreds of thousands, only
 * the text stays, which the ledger's map holds anyway: the rest of it takes twice as much memory as
 * everything else of a ban, and is read from the text within a tenth of a microsecond. What takes
 * longer to read stays as it is.
 */
export function keptBan(address: Address, leases: readonly Lease[]): Ban {
  const isOneIpv4 = address.family === 'ipv4' && address.prefixLength === 32;
  return isOneIpv4 ? new Ipv4Ban(address.text, leases) : { address, leases };
}

class Ipv4Ban implements Ban {
  constructor(
    readonly text: AddressText,
    readonly leases: readonly Lease[],
  ) {}

  get address(): Address {
    const bytes = Uint8Array.from(this.text.split('.'), Number);
    return { text: this.text, family: 'ipv4', bytes, prefixLength: 32 };
  }
}
