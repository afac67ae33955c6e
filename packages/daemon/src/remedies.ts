import type { Report } from '@vallum/core';

/**
 * What the administrator of a vallumd can do about an entry, by its code: core serves other programs
 * too, and knows nothing of options.
 */
export function remedyFor(report: Report): string | undefined {
  if (!('code' in report)) return undefined;
  switch (report.code) {
    case 'unknown-topic':
      return '-t TOPIC=SET binds a topic to a set';
    case 'prefix-too-wide':
      return allowPrefix(report.address);
    case 'cover-exceeded':
      return '--max-cover says how much a set may cover';
    case 'too-many-leases':
      return 'give each detector one origin, and not each of its bans another';
    case 'too-many-leases-in-all':
      return '--max-leases raises the bound, and the memory that vallumd may take';
    case 'too-many-origins':
      return 'let publishers name themselves, and not what they found, as the origin';
    case 'too-many-reasons':
      return 'let publishers give the kind of an attack as the reason, and not its details';
    case 'excepted':
      return 'take the nomatch entry out of the set where the ban is to count';
    default:
      return undefined;
  }
}

/** @param address `10.0.0.0/8` */
function allowPrefix(address: string): string | undefined {
  const length = address.slice(address.indexOf('/') + 1);
  // Nobody wants to ban the Internet, whatever he says.
  if (length === '0') return undefined;
  return `${address.includes(':') ? '--min-prefix6' : '--min-prefix'} ${length} allows it`;
}
