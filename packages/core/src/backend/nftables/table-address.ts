import { VallumError } from '../../words/errors.js';

/** The families whose tables can look at IPv4 or IPv6 addresses of packets. */
export const TABLE_FAMILIES = ['inet', 'ip', 'ip6'] as const;
export type TableFamily = (typeof TABLE_FAMILIES)[number];

/** Where sets live: `inet filter`. */
export interface TableAddress {
  readonly family: TableFamily;
  readonly table: string;
}

/** Where the sets of nftables live. */
export interface TableOptions {
  /** `inet`, `ip` or `ip6`. Default `inet`. */
  readonly family?: string;
  /** Default `filter`. */
  readonly table?: string;
  /**
   * What the names of the chains begin with that `create` makes, with rules which drop what the sets
   * hold: `vallum-input` and `vallum-forward`, base chains in front of the usual filter chains, and
   * `vallum-allow`, which these go through first and which is left to the administrator. false:
   * `create` makes sets only. Default `vallum`.
   */
  readonly chain?: string | false;
}

// What nft can read (src/scanner.l, "string"); the kernel itself would take anything.
const IDENTIFIER = /^[A-Za-z_.][A-Za-z0-9/_.-]{0,127}$/;

const A_NAME = 'it starts with a letter, _ or .';

/** @throws VallumError `INVALID_ARGUMENT` */
export function readTableOptions(
  options: TableOptions,
): TableAddress & { readonly chain: string | undefined } {
  const { table = 'filter', chain = 'vallum' } = options;
  const asked = options.family ?? 'inet';
  const family = TABLE_FAMILIES.find((known) => known === asked);
  if (family === undefined) {
    return refuse(
      `a table is of family ${TABLE_FAMILIES.join(', ')}, not ${JSON.stringify(asked)}`,
    );
  }
  if (!isIdentifier(table)) refuse(`${JSON.stringify(table)} is no name of a table; ${A_NAME}`);
  if (chain !== false && !isIdentifier(chain)) {
    refuse(`${JSON.stringify(chain)} is no name of a chain; ${A_NAME}`);
  }
  return { family, table, chain: chain === false ? undefined : chain };
}

/** True for what can be written in a ruleset without quotes, which names do not take. */
export function isIdentifier(name: string): boolean {
  return IDENTIFIER.test(name);
}

function refuse(problem: string): never {
  throw new VallumError(`nftables: ${problem}`, {
    code: 'INVALID_ARGUMENT',
    operation: 'open nftables',
  });
}
