import {
  VallumError,
  type ConnectionState,
  type OutgoingMessage,
  type Transport,
  type TransportMessage,
} from '@vallum/core';

export type Publication =
  | { readonly outcome: 'confirmed' }
  | { readonly outcome: 'refused' | 'unconfirmed'; readonly detail: string };

export type Subscription = 'granted' | { readonly refused: string };

/** A visit at the broker, under a name of its own. */
export interface Probe {
  /** The first word of the broker; undefined where there was none in time. */
  readonly connection: ConnectionState | undefined;
  readonly messages: readonly TransportMessage[];
  /** Waits for the answer to each filter, or for the time limit. */
  subscribe(filters: readonly string[]): Promise<ReadonlyMap<string, Subscription>>;
  publish(message: OutgoingMessage): Promise<Publication>;
  /** True as soon as a message came that fits; false after the time. */
  receives(fits: (message: TransportMessage) => boolean, withinMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** Connects and waits for the broker's first word. What arrives is counted and let go. */
export async function openProbe(transport: Transport, timeoutMs: number): Promise<Probe> {
  const messages: TransportMessage[] = [];
  const answers = new Map<string, Subscription>();
  const watchers = new Set<() => void>();
  let connection: ConnectionState | undefined;
  const notify = () => {
    for (const watcher of [...watchers]) watcher();
  };
  const until = (done: () => boolean, withinMs: number) =>
    new Promise<boolean>((resolve) => {
      const settle = (result: boolean) => {
        clearTimeout(timer);
        watchers.delete(look);
        resolve(result);
      };
      const look = () => {
        if (done()) settle(true);
      };
      const timer = setTimeout(settle, withinMs, false);
      watchers.add(look);
      look();
    });

  transport.open({
    async message(message) {
      // A fleet's retained leases may be many: one is as good as all of them.
      if (messages.length < 1_000) messages.push(message);
      notify();
    },
    connection(state) {
      connection ??= state;
      notify();
    },
    subscription(filter, outcome) {
      answers.set(filter, outcome);
      notify();
    },
  });
  await until(() => connection !== undefined, timeoutMs);
  return {
    connection,
    messages,
    async subscribe(filters) {
      transport.subscribe(filters);
      await until(() => filters.every((filter) => answers.has(filter)), timeoutMs);
      return answers;
    },
    async publish(message) {
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<Publication>((resolve) => {
        const detail = `no confirmation within ${(timeoutMs / 1000).toString()} s`;
        timer = setTimeout(resolve, timeoutMs, { outcome: 'unconfirmed', detail });
      });
      const answer = transport.publish(message).then(
        (): Publication => ({ outcome: 'confirmed' }),
        (error: unknown): Publication => {
          if (!(error instanceof VallumError)) throw error;
          const refused = error.code === 'BROKER_REFUSED';
          return { outcome: refused ? 'refused' : 'unconfirmed', detail: error.message };
        },
      );
      const outcome = await Promise.race([answer, silence]);
      clearTimeout(timer);
      return outcome;
    },
    receives: (fits, withinMs) => until(() => messages.some(fits), withinMs),
    close: () => transport.close(),
  };
}
