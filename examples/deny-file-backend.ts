// A backend that keeps each set as a file for nginx to include, in place of a kernel set.
import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  parseAddress,
  VallumError,
  type Address,
  type AddressText,
  type Backend,
  type SetInfo,
} from '@vallum/core';
import {
  memberColumns,
  type Change,
  type ChangeFault,
  type ChangeReport,
} from '@vallum/core/backend';
import { type SetName } from '@vallum/core/protocol';

interface DenyList {
  readonly info: Omit<SetInfo, 'entries' | 'references'>;
  /** By address; `untilMs` undefined: for ever. */
  readonly members: Map<AddressText, { address: Address; untilMs: number | undefined }>;
}

/** @param reload tells nginx, such as `() => spawn('nginx', ['-s', 'reload'])` */
export function createDenyFileBackend(folder: string, reload: () => void): Backend {
  const known = new Set<SetName>();
  // A set's name may hold `/` and `..`: encoded, it cannot leave the folder.
  const pathOf = (set: SetName) => join(folder, `${encodeURIComponent(set)}.conf`);

  const read = (set: SetName): DenyList | undefined => {
    let text: string;
    try {
      text = readFileSync(pathOf(set), 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw broken(`cannot read ${pathOf(set)}`, cause);
    }
    known.add(set);
    return parseList(text);
  };
  const write = (set: SetName, list: DenyList): void => {
    try {
      // Renamed into place, so that nginx never sees half a list.
      writeFileSync(`${pathOf(set)}.new`, formatList(list));
      renameSync(`${pathOf(set)}.new`, pathOf(set));
    } catch (cause) {
      throw broken(`cannot write ${pathOf(set)}`, cause);
    }
    reload();
  };
  /** nginx knows no timeouts, so what is over is taken out of the file here. */
  const sweep = () => {
    for (const set of known) {
      const list = read(set);
      if (list && dropEnded(list)) write(set, list);
    }
  };
  const sweeper = setInterval(sweep, 1000).unref();

  return {
    name: 'deny-file',

    async inspect(set) {
      const list = read(set);
      if (!list) return undefined;
      dropEnded(list);
      return { ...list.info, set, entries: list.members.size, references: 0 };
    },

    async members(set, visit) {
      const list = read(set);
      if (!list) throw broken(`set ${set} does not exist`);
      dropEnded(list);
      const members = [...list.members.values()].map(({ address, untilMs }) => ({
        address,
        timeoutSeconds: untilMs === undefined ? 0 : Math.ceil((untilMs - Date.now()) / 1000),
      }));
      // Some thousands at a time.
      for (let start = 0; start < members.length; start += 4096) {
        visit(memberColumns(list.info.family, members.slice(start, start + 4096)));
      }
    },

    async apply(changes) {
      // One read and one write for each set, however many changes there are.
      const lists = new Map(changes.map(({ set }) => [set, read(set)]));
      for (const list of lists.values()) if (list) dropEnded(list);
      const reports = changes.map((change) => applyOne(change, lists.get(change.set)));
      for (const [set, list] of lists) if (list) write(set, list);
      return reports;
    },

    async create({ set, type, family, defaultTimeoutSeconds, maxEntries = 65_536 }) {
      if (type !== 'hash:net') {
        throw new VallumError(`a deny file holds prefixes, so make ${set} a hash:net`, {
          code: 'INVALID_ARGUMENT',
          operation: 'create set',
        });
      }
      if (read(set)) return 'exists';
      const timeouts = defaultTimeoutSeconds === undefined ? {} : { defaultTimeoutSeconds };
      const info = { set, type, family, ...timeouts, maxEntries, identity: randomUUID() };
      write(set, { info, members: new Map() });
      return 'created';
    },

    async close() {
      clearInterval(sweeper);
    },
  };
}

function applyOne(change: Change, list: DenyList | undefined): ChangeReport {
  const fail = (fault: ChangeFault, detail: string): ChangeReport => {
    return { outcome: 'failed', fault, detail: `set ${change.set} ${detail}` };
  };
  if (!list) return fail('set-missing', 'does not exist; start with the option create');
  const { address } = change;
  const { family, defaultTimeoutSeconds, maxEntries = Infinity } = list.info;
  if (address.family !== family) return fail('wrong-family', `holds ${family} only`);
  if (address.prefixLength === 0) return fail('unstorable', 'does not take the whole internet');
  if (change.op === 'del') {
    return { outcome: list.members.delete(address.text) ? 'applied' : 'unchanged' };
  }
  if (change.onlyNew && list.members.has(address.text)) return { outcome: 'present' };
  if (change.timeoutSeconds !== undefined && defaultTimeoutSeconds === undefined) {
    return fail('timeout-unsupported', 'was made without timeouts');
  }
  if (!list.members.has(address.text) && list.members.size >= maxEntries) {
    return fail('set-full', `is full with ${String(maxEntries)} entries`);
  }
  const seconds = change.timeoutSeconds ?? defaultTimeoutSeconds ?? 0;
  const untilMs = seconds === 0 ? undefined : Date.now() + seconds * 1000;
  list.members.set(address.text, { address, untilMs });
  return { outcome: 'applied' };
}

/** True where something was over. */
function dropEnded({ members }: DenyList): boolean {
  const before = members.size;
  for (const [text, { untilMs = Infinity }] of members) {
    if (untilMs <= Date.now()) members.delete(text);
  }
  return members.size < before;
}

/**
 * ```
 * # {"set":"blacklist","type":"hash:net","family":"ipv4","maxEntries":65536,"identity":"…"}
 * deny 203.0.113.7; # 1795420000000
 * deny 198.51.100.0/24;
 * ```
 */
function formatList({ info, members }: DenyList): string {
  const lines = [...members.values()].map(({ address, untilMs }) =>
    untilMs === undefined ? `deny ${address.text};` : `deny ${address.text}; # ${String(untilMs)}`,
  );
  return [`# ${JSON.stringify(info)}`, ...lines, ''].join('\n');
}

function parseList(text: string): DenyList {
  const [header = '', ...lines] = text.split('\n');
  const members: DenyList['members'] = new Map();
  for (const line of lines) {
    const [, host = '', until] = /^deny (\S+);(?: # (\d+))?$/.exec(line) ?? [];
    const address = parseAddress(host);
    if (!address.ok) continue;
    const untilMs = until === undefined ? undefined : Number(until);
    members.set(address.value.text, { address: address.value, untilMs });
  }
  return { info: JSON.parse(header.slice(2)) as DenyList['info'], members };
}

function broken(message: string, cause?: unknown): VallumError {
  return new VallumError(message, { code: 'BACKEND_FAILED', operation: 'deny file', cause });
}
