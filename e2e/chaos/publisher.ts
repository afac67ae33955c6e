import { createMqttTransport } from '@vallum/core/mqtt';
import type { Transport } from '@vallum/core';
import { ownNamespace } from '@vallum/test-kit';
import { runVallumPub } from '../support/programs.js';
import { HUB_ADDRESS } from './hub.js';
import type { Claim, Model, Operation } from './model.js';
import { SET } from './sets/kernel-sets.js';
import type { PlannedMessage, Way, Wish } from './traffic.js';

/** A bare timeout counts from when a node reads it, by its own clock: late, or with that clock set. */
const LOOSE_SECONDS = 3 * 3_600;

/** Sends what is planned, and tells the model what the broker has confirmed. */
export class Publisher {
  readonly #transport: Transport;
  readonly #sending = new Set<Promise<void>>();

  constructor(
    private readonly model: Model,
    private readonly port: number,
  ) {
    this.#transport = createMqttTransport({
      ...{ host: HUB_ADDRESS, port },
      retry: { firstMs: 200, longestMs: 1_000 },
    });
    this.#transport.open({ message: () => Promise.resolve(), connection: () => undefined });
  }

  /** Returns at once; whether it is confirmed is seen by the claims. */
  send(message: Omit<PlannedMessage, 'atMs'>): readonly Claim[] {
    const nowMs = Date.now();
    const operations = message.wishes.map((wish) => operationOf(wish, nowMs));
    const claims = operations.map((operation) => this.model.claim(operation));
    const sending = this.#publish(message, operations).then(
      () => {
        const confirmedMs = Date.now();
        for (const claim of claims) claim.confirmedMs = confirmedMs;
      },
      // Not confirmed, which the model knows what to make of.
      () => undefined,
    );
    this.#sending.add(sending);
    void sending.then(() => this.#sending.delete(sending));
    return claims;
  }

  /** Until the broker has confirmed, or a program has given up on it. */
  async allSent(): Promise<void> {
    await Promise.all(this.#sending);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #publish(
    { way, json, wishes }: Omit<PlannedMessage, 'atMs'>,
    operations: readonly Operation[],
  ): Promise<void> {
    const [first] = wishes;
    if (first === undefined) return;
    if (way === 'vallum-pub') await this.#runVallumPub(operations);
    else {
      const topic = `${SET}/${first.action === 'ban' ? 'add' : 'del'}`;
      const entries = wishes.map((wish, index) => describe(wish, operations[index]));
      await this.#publishPayload(way, topic, json ? JSON.stringify(entries) : toLines(entries));
    }
  }

  async #publishPayload(way: Exclude<Way, 'vallum-pub'>, topic: string, payload: string) {
    if (way === 'transport') {
      await this.#transport.publish({ topic, payload, qos: 1 });
      return;
    }
    const broker = ['-h', HUB_ADDRESS, '-p', String(this.port)];
    await ownNamespace.exec('mosquitto_pub', [...broker, '-q', '2', '-t', topic, '-m', payload]);
  }

  async #runVallumPub(operations: readonly Operation[]): Promise<void> {
    for (const { address, origin, until } of operations) {
      const { code, stderr } = await runVallumPub([
        ...['add', address, '--set', SET, '-h', HUB_ADDRESS, '-p', String(this.port), '--quiet'],
        ...['--origin', origin, '--until', until === Infinity ? 'never' : String(until)],
      ]);
      if (code !== 0) throw new Error(stderr);
    }
  }
}

function operationOf(wish: Wish, nowMs: number): Operation {
  const { action, address, origin, agoMs, lastsSeconds } = wish;
  return {
    ...{ action, address, origin },
    stamp: nowMs - (agoMs ?? 0),
    until: Math.floor(nowMs / 1000) + lastsSeconds,
    ...(isBareTimeout(wish) && { looseSeconds: LOOSE_SECONDS }),
  };
}

function isBareTimeout({ agoMs, lastsSeconds }: Wish): boolean {
  return agoMs === undefined && Number.isFinite(lastsSeconds);
}

type Entry = Readonly<Record<string, string | number>>;

/** An entry of the protocol as JSON has it; the lines have the same words. */
function describe(wish: Wish, operation: Operation | undefined): Entry {
  const { address, origin, agoMs, lastsSeconds } = wish;
  if (operation === undefined) throw new Error(`nothing is known of ${address}`);
  const { stamp, until, action } = operation;
  return {
    address,
    ...(isBareTimeout(wish) && { timeout: lastsSeconds }),
    ...(agoMs !== undefined && { at: stamp }),
    ...(agoMs !== undefined && action === 'ban' && { until: until === Infinity ? -1 : until }),
    ...(origin !== '' && { origin }),
  };
}

function toLines(entries: readonly Entry[]): string {
  return entries
    .map(({ address = '', ...words }) =>
      [address, ...Object.entries(words).map(([word, value]) => `${word} ${value}`)].join(' '),
    )
    .join('\n');
}
