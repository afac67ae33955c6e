import {
  VallumError,
  type ConnectionState,
  type OutgoingMessage,
  type PublishCaveat,
  type Transport,
  type TransportMessage,
} from '@vallum/core';

export type Publication =
  /** `unheard`: the broker says that it has nobody to give it to (MQTT 5). */
  | { readonly outcome: 'confirmed'; readonly unheard: boolean }
  /** `ended`: the broker ended the connection in place of an answer, as some do where it is forbidden. */
  | { readonly outcome: 'refused' | 'unconfirmed' | 'ended'; readonly detail: string };

export type Subscription = 'granted' | { readonly refused: string };

/** Looks for one message among all that come. */
export interface Watch {
  readonly found: TransportMessage | undefined;
  /**
   * Waits until it has come, or nothing at all came for a while.
   *
   * @returns false where it did not come; undefined where so much came that it may be among what is
   *   still on its way, or where the connection ended
   */
  waitQuiet(): Promise<boolean | undefined>;
  /** True as soon as it came; false after the time. */
  wait(withinMs: number): Promise<boolean>;
}

/** A visit at the broker, under a name of its own. */
export interface Probe {
  /** The first word of the broker; undefined where there was none in time. */
  readonly connection: ConnectionState | undefined;
  /** The broker has ended the connection since. */
  readonly isOver: boolean;
  /** Waits for the answer to each filter, or for the time limit. */
  subscribe(filters: readonly string[]): Promise<ReadonlyMap<string, Subscription>>;
  publish(message: OutgoingMessage): Promise<Publication>;
  watch(fits: (message: TransportMessage) => boolean): Watch;
  close(): Promise<void>;
}

/** A message that the broker sends at all comes right behind its confirmation. */
const QUIET_MS = 1_000;
const MOST_QUIET_WAITS = 10;

/** Connects and waits for the broker's first word. What arrives is looked at and let go. */
export async function openProbe(transport: Transport, timeoutMs: number): Promise<Probe> {
  const answers = new Map<string, Subscription>();
  const watchers = new Set<() => void>();
  const watches = new Set<(message: TransportMessage) => void>();
  let received = 0;
  let connection: ConnectionState | undefined;
  let isOver = false;
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
      received += 1;
      for (const look of watches) look(message);
      notify();
    },
    connection(state) {
      if (connection?.state === 'connected' && state.state !== 'connected') isOver = true;
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
    get isOver() {
      return isOver;
    },
    async subscribe(filters) {
      transport.subscribe(filters);
      await until(() => isOver || filters.every((filter) => answers.has(filter)), timeoutMs);
      return answers;
    },
    async publish(message) {
      let answer: Publication | undefined;
      let unheard = false;
      const caveat = (what: PublishCaveat) => {
        unheard ||= what === 'unheard';
      };
      transport.publish(message, { caveat }).then(
        () => {
          answer = { outcome: 'confirmed', unheard };
          notify();
        },
        (error: unknown) => {
          const detail = error instanceof Error ? error.message : String(error);
          const refused = error instanceof VallumError && error.code === 'BROKER_REFUSED';
          answer = { outcome: refused ? 'refused' : 'unconfirmed', detail };
          notify();
        },
      );
      await until(() => isOver || answer !== undefined, timeoutMs);
      if (answer) return answer;
      return isOver
        ? { outcome: 'ended', detail: 'the broker ended the connection in place of an answer' }
        : {
            outcome: 'unconfirmed',
            detail: `no confirmation within ${(timeoutMs / 1000).toString()} s`,
          };
    },
    watch(fits) {
      let found: TransportMessage | undefined;
      watches.add((message) => {
        if (found === undefined && fits(message)) found = message;
      });
      return {
        get found() {
          return found;
        },
        wait: (withinMs) => until(() => found !== undefined, withinMs),
        async waitQuiet() {
          for (let waits = 0; waits < MOST_QUIET_WAITS; waits += 1) {
            const before = received;
            if (await until(() => found !== undefined || isOver, QUIET_MS)) break;
            if (received === before) return false;
          }
          return found === undefined ? undefined : true;
        },
      };
    },
    close: () => transport.close(),
  };
}
