import {
  createMemoryBackend,
  createReadOnlyStore,
  createVallum,
  findFolderHolder,
  PROTECT_SET,
  VallumError,
} from '@vallum/core';
import { ask, askForJson, NoAnswer, refusalOf, wholeOf } from '../control/client.js';
import { EventFeed } from '../control/event-feed.js';
import { ViewedNode } from '../control/view-node.js';
import { version } from '../version.js';

/** Where a command's answer comes from. */
export interface Source {
  /** The daemon does not answer: a sentence that says what is looked at in its place. */
  readonly instead?: string;
  /** @throws NoAnswer, Refused */
  json(path: string): Promise<unknown>;
  text(path: string): AsyncIterable<string>;
  close(): Promise<void>;
}

/** The daemon cannot be asked, and there is nothing in its place. */
export class NoSource extends Error {
  constructor(
    message: string,
    readonly kind: 'absent' | 'forbidden' | 'hung',
  ) {
    super(message);
  }
}

export interface Place {
  readonly socketPath: string | undefined;
  readonly stateFolder: string | undefined;
  /** What only a running daemon can tell, as a clause; undefined: the journal tells it too. */
  readonly onlyRunning?: string;
}

const ALIVE_WITHIN_MS = 5_000;

/**
 * The running daemon, or its journal where it does not answer.
 *
 * @throws NoSource
 */
export async function openSource({ socketPath, stateFolder, onlyRunning }: Place): Promise<Source> {
  if (socketPath !== undefined) {
    try {
      await askForJson(socketPath, '/api/alive', { withinMs: ALIVE_WITHIN_MS });
      return overSocket(socketPath);
    } catch (error) {
      if (!(error instanceof NoAnswer)) return overSocket(socketPath);
      if (error.code === 'ETIMEDOUT') {
        const message = `${error.message}: it hangs, or was stopped; its log may tell why`;
        throw new NoSource(message, 'hung');
      }
      if (error.code === 'EACCES' || error.code === 'EPERM') {
        const who = 'root and members of the group vallum may (sudo, or usermod -aG vallum NAME)';
        throw new NoSource(`this user may not use ${socketPath}: ${who}`, 'forbidden');
      }
    }
  }
  if (onlyRunning !== undefined) {
    const where = socketPath ?? 'a control socket (--control names one)';
    throw new NoSource(`no vallumd answers on ${where}, and ${onlyRunning}`, 'absent');
  }
  if (stateFolder === undefined) {
    const where = socketPath === undefined ? '' : `no vallumd answers on ${socketPath}, and `;
    throw new NoSource(
      `${where}no state folder is known: --state-dir or --control names one`,
      'absent',
    );
  }
  return fromJournal(stateFolder, socketPath);
}

function overSocket(socketPath: string): Source {
  return {
    json: (path) => askForJson(socketPath, path),
    async *text(path) {
      const { status, body } = await ask(socketPath, path);
      if (status >= 400) throw refusalOf(status, await wholeOf(body));
      yield* body;
    },
    close: () => Promise.resolve(),
  };
}

/** Why it is not the vallumd of this folder that answers, a clause. */
async function describeDaemon(folder: string, socketPath: string | undefined): Promise<string> {
  try {
    const holder = await findFolderHolder(folder);
    if (holder === undefined) return 'vallumd does not run';
    const lacks =
      socketPath === undefined
        ? 'no control socket is configured'
        : `it does not answer on ${socketPath}`;
    return `vallumd (process ${holder.toString()}) runs, but ${lacks}`;
  } catch (error) {
    if (!(error instanceof VallumError)) throw error;
    // This user may not look: it may be running.
    return 'no vallumd answers';
  }
}

/** The sets that a journal tells of; without one there is nothing to look at. */
async function setsIn(folder: string, daemon: string): Promise<string[]> {
  const sets = new Set<string>();
  const note = (set: string): void => {
    sets.add(set);
  };
  try {
    await createReadOnlyStore(folder).load({
      entries: note,
      cleared: note,
      foreign: note,
      widened: note,
    });
  } catch (error) {
    if (!(error instanceof VallumError)) throw error;
    const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const where = `there is no journal in ${folder} (--state-dir names another)`;
      throw new NoSource(`${daemon}, and ${where}`, 'absent');
    }
    throw new NoSource(
      `${daemon}, and its journal cannot be read: ${error.message}`,
      code === 'EACCES' || code === 'EPERM' ? 'forbidden' : 'absent',
    );
  }
  if (sets.size > 0) return [...sets];
  throw new NoSource(`${daemon}, and its journal in ${folder} is empty`, 'absent');
}

/** In place of a topic, where the journal holds nothing but the fleet's protect list. */
const NO_SET = 'none';

async function fromJournal(folder: string, socketPath: string | undefined): Promise<Source> {
  const { createRouter } = await import('../control/router.js');
  const daemon = await describeDaemon(folder, socketPath);
  const sets = (await setsIn(folder, daemon)).filter((set) => set !== PROTECT_SET);
  const vallum = await createVallum({
    topics: sets.length === 0 ? [NO_SET] : sets.map((set) => `${set}=${set}`),
    // What the journal tells of the fleet's protect list.
    protection: {},
    backend: createMemoryBackend(),
    create: { type: 'hash:net', defaultTimeoutSeconds: 0, maxEntries: 4_000_000_000 },
    store: createReadOnlyStore(folder),
    policy: { protectHost: false, minPrefixLength: { ipv4: 0, ipv6: 0 }, maxCover: 1 },
  });
  const view = new ViewedNode({
    ...{ node: '', version, backend: 'none', keeper: false, brokerAddress: undefined },
    ...{ vallum, feed: new EventFeed(), findings: () => [], contact: () => ({ received: {} }) },
    sets: () => sets,
    reconcile: () => Promise.resolve([]),
  });
  const router = createRouter(view, { mayAct: false });
  const answer = async (path: string) => router.request(path);
  return {
    instead: `${daemon}; this is what its journal in ${folder} holds`,
    async json(path) {
      const response = await answer(path);
      if (response.ok) return response.json();
      throw refusalOf(response.status, await response.text());
    },
    async *text(path) {
      const response = await answer(path);
      if (!response.ok) throw refusalOf(response.status, await response.text());
      if (response.body === null) return;
      const decoder = new TextDecoder();
      const pieces: AsyncIterable<Uint8Array> = response.body;
      for await (const piece of pieces) yield decoder.decode(piece, { stream: true });
    },
    close: () => vallum.close(),
  };
}
