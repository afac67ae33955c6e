import type { Backend, ChangeColumns, ChangeVerdicts } from '../backend/backend.js';
import { listMembers } from '../backend/list-members.js';
import { createMemoryBackend, type MemoryBackend } from '../backend/memory/memory-backend.js';
import type { MemorySetSpec } from '../backend/memory/memory-backend.js';
import { createVallum } from '../node/vallum.js';
import type { Vallum, VallumOptions } from '../node/vallum-types.js';
import { createFakeClock, type FakeClock } from '../testing/fake-clock.js';
import { createMemoryStore } from '../testing/memory-store.js';
import type { Transport, TransportHandlers } from '../transport/transport.js';
import type { SetName } from '../words/names.js';
import type { MessageSummary, ReconcileSummary, Report } from './report.js';

/** A node on a memory backend, the messages that come to it, and what it says. */
export interface Engine {
  readonly clock: FakeClock;
  readonly memory: MemoryBackend;
  readonly node: Vallum;
  readonly reports: Report[];
  readonly summaries: MessageSummary[];
  readonly reconciled: ReconcileSummary[];
  readonly warnings: string[];
  /** How often it said that something has been done. */
  worked: number;
  /** Changes that the backend was asked for. */
  asked: number;
  /** What the backend does before it answers. */
  before: ((changes: ChangeColumns) => Promise<void> | undefined) | undefined;
  /** Sends a message, and waits until it is acknowledged, and a moment longer. */
  send(topic: string, payload: string): Promise<void>;
  held(set: string): Promise<string[]>;
  pass(milliseconds: number): Promise<void>;
}

export async function settle(turns = 40): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export async function startEngine(
  sets: readonly MemorySetSpec[],
  options: Partial<VallumOptions> = {},
): Promise<Engine> {
  const clock = createFakeClock();
  const memory = createMemoryBackend({ sets, clock });
  let handlers: TransportHandlers | undefined;
  const transport: Transport = {
    open: (given) => {
      handlers = given;
    },
    subscribe: () => undefined,
    publish: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const applyColumns = async (changes: ChangeColumns): Promise<ChangeVerdicts> => {
    engine.asked += changes.length;
    await engine.before?.(changes);
    return memory.applyColumns(changes);
  };
  const backend: Backend = { ...memory, applyColumns };
  const engine = {
    ...{ clock, memory, reports: [], summaries: [], reconciled: [], warnings: [] },
    ...{ worked: 0, asked: 0, before: undefined },
    send: async (topic: string, payload: string) => {
      await handlers?.message({ topic, payload: Buffer.from(payload), retained: false });
      await settle();
    },
    held: async (set: string) =>
      (await listMembers(memory, set as SetName)).map(({ address }) => address.text).sort(),
    pass: async (milliseconds: number) => {
      for (let left = milliseconds; left > 0; left -= 500) {
        clock.advance(Math.min(500, left));
        await settle();
      }
    },
  } as unknown as Engine;
  const node = await createVallum({
    topics: sets.map(({ set }) => set),
    backend,
    transport,
    store: createMemoryStore(),
    deps: { clock },
    listeners: {
      report: (report) => engine.reports.push(report),
      summary: (summary) => engine.summaries.push(summary),
      reconciled: (summary) => engine.reconciled.push(summary),
      warning: (sentence) => engine.warnings.push(sentence),
      worked: () => {
        engine.worked += 1;
      },
    },
    ...options,
    policy: { protectHost: false, ...options.policy },
  });
  return Object.assign(engine, { node });
}

/** Lines of a message: `10.0.0.0`, `10.0.0.1`, …, each with the same words behind. */
export function addressLines(count: number, words = '', from = 0): string {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const parts = [10, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff];
    return `${parts.join('.')}${words}`;
  }).join('\n');
}
