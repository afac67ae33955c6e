import type { SetInfo, TableOptions } from '@vallum/core';
import type { SetName } from '@vallum/core/protocol';
import type { Settings } from '../settings.js';
import { setKind, type KernelFacts } from './gather-kernel.js';
import type { SetFacts } from './gather-sets.js';
import { madeBySetup, NOTHING_MADE, type MadeBySetup } from './made-by-setup.js';

/** What has to be pasted where a set has a fault; each backend has its own tools. */
export interface SetRemedies {
  /** Nothing of the kind is there, or the kernel does not take part. */
  readonly install: string;
  create(facts: Pick<SetFacts, 'set' | 'family'>): string;
  /**
   * A set like this one with other room, and what it held.
   *
   * @param maxEntries undefined: as many as now
   */
  enlarge(info: SetInfo, maxEntries?: number): string;
  /** Another set of this name; undefined where rules that use it have to go first. */
  replace(facts: Pick<SetFacts, 'set' | 'family'>, info: SetInfo): string | undefined;
}

const MOST_NAME = 31;
/** Of --create-maxelem. */
const MOST_ENTRIES = 4_294_967_295;

/** How sets of the chosen backend are mended. */
export function remediesFor(
  backend: Settings['backend'],
  topics: Settings['live']['topics'],
  { sets, rules }: Pick<KernelFacts, 'sets' | 'rules'>,
): SetRemedies {
  if (setKind(backend.name) !== 'nftables') return ipsetRemedies;
  const names = [...new Set(topics.map(({ set }) => set))];
  const { family = 'inet', table = 'vallum' } = backend.table;
  const made = madeBySetup(sets, rules.tables, `${family} ${table}`);
  return nftablesRemedies(backend.table, names, made);
}

export const ipsetRemedies: SetRemedies = {
  install: 'apt install ipset && modprobe ip_set_hash_net',
  create: ({ set, family }) =>
    `ipset create ${set} hash:net family ${family === 'ipv6' ? 'inet6' : 'inet'} timeout 0`,
  enlarge({ set }, maxEntries) {
    const room = maxEntries === undefined ? '' : ` -e '1s| maxelem [0-9]*| maxelem ${maxEntries}|'`;
    const other = beside(set, '-new');
    return (
      `ipset save ${set} | sed -e '1s|^create [^ ]*|create ${other}|' -e '1s| forceadd||'${room} ` +
      `-e 's|^add [^ ]*|add ${other}|' | ipset restore && ` +
      `ipset swap ${set} ${other} && ipset destroy ${other}`
    );
  },
  replace: (facts, { references }) =>
    references > 0
      ? undefined
      : `ipset rename ${facts.set} ${beside(facts.set, '-old')} && ${ipsetRemedies.create(facts)}`,
};

/**
 * @param table where the sets stand
 * @param sets all that vallumd edits: setup makes what is missing, and its table goes as a whole
 * @param made what is there, of which nothing may become less: one room is for all of its sets
 */
export function nftablesRemedies(
  table: Pick<TableOptions, 'family' | 'table'>,
  sets: readonly SetName[],
  made: MadeBySetup = NOTHING_MADE,
): SetRemedies {
  const { family = 'inet', table: name = 'vallum' } = table;
  const where =
    family === 'inet' && name === 'vallum' ? '' : ` --nft-family ${family} --nft-table ${name}`;
  const setup = `vallumd setup --rules nftables${where}`;
  const remake = (maxEntries = 0) => {
    const room = Math.min(Math.max(maxEntries, made.room ?? 0), MOST_ENTRIES);
    const more = made.flags + (room === 0 ? '' : ` --create-maxelem ${room.toString()}`);
    const topics = sets.map((set) => ` -t ${set}`).join('');
    return `${setup} --remove --apply; ${setup} --apply${more}${topics}`;
  };
  return {
    install: 'apt install nftables && modprobe nf_tables',
    create: ({ set }) => `${setup} --apply${made.flags} -t ${set}`,
    enlarge: (_info, maxEntries) => remake(maxEntries),
    replace: () => remake(),
  };
}

function beside(set: SetName, suffix: string): string {
  return set.slice(0, MOST_NAME - suffix.length) + suffix;
}
