import type { RuleTable } from '../firewall/ruleset.js';
import type { SetFacts } from './gather-sets.js';

/** What setup has to be told again where its table is made anew. */
export interface MadeBySetup {
  /** ` --allow-established --no-forward`, as far as its rules show what it was told. */
  readonly flags: string;
  /** Entries that the largest of its sets takes; undefined: there is none. */
  readonly room: number | undefined;
}

export const NOTHING_MADE: MadeBySetup = { flags: '', room: undefined };

/** What setup makes if it is not told otherwise (--create-maxelem). */
const USUAL_ROOM = 1_048_576;

/** @param home the nftables table of the sets: `inet vallum` */
export function madeBySetup(
  sets: readonly SetFacts[],
  tables: readonly RuleTable[],
  home: string,
): MadeBySetup {
  const chains = tables.find((table) => table.home === home)?.chains;
  const input = chains?.get('vallum-input');
  const established = input?.some(({ text }) => /^ct state .* accept comment "vallum"$/.test(text));
  // A set without a limit gets one.
  const rooms = sets.flatMap(({ info }) =>
    info ? [info.maxEntries ?? Math.max(USUAL_ROOM, info.entries * 4)] : [],
  );
  return {
    flags:
      (established === true ? ' --allow-established' : '') +
      (input !== undefined && chains?.has('vallum-forward') === false ? ' --no-forward' : ''),
    room: rooms.length === 0 ? undefined : Math.max(...rooms),
  };
}
