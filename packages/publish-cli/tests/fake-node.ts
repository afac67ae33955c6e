import { once } from 'node:events';
import { parseQuestion, type Question } from '@vallum/core/protocol';
import { createMqttTransport } from '@vallum/core/mqtt';

/** What stands in an answer beside its id and sender; a text or bytes are sent as they are. */
export type FakeAnswer = Readonly<Record<string, unknown>> | string | Uint8Array;

export interface FakeNode {
  /** Questions that were asked, in order. */
  readonly asked: readonly Question[];
  close(): Promise<void>;
}

export interface FakeNodeOptions {
  readonly port: number;
  readonly name: string;
  readonly username?: string;
  /** Retained on `vallumd/<name>`. Default: up, with the set and topic `blacklist`; undefined: none. */
  readonly status?: string | undefined;
  /** All that is answered to one question. Default: everything is so. */
  readonly answer?: (question: Question) => readonly FakeAnswer[];
}

const UP = JSON.stringify({
  ...{ state: 'online', sets: [{ set: 'blacklist' }], ledgers: [{ topic: 'blacklist' }] },
});

/** Answers questions on `blacklist/ask` as a node would, or as nobody should. */
export async function startFakeNode(options: FakeNodeOptions): Promise<FakeNode> {
  const { port, name, username, answer = wellBehaved } = options;
  const status = 'status' in options ? options.status : UP;
  const asked: Question[] = [];
  const transport = createMqttTransport({
    host: '127.0.0.1',
    port,
    clientId: `fake-${name}`,
    cleanSession: true,
    ...(username === undefined ? {} : { username, password: 'x' }),
  });
  const listening = new EventTarget();
  const granted = once(listening, 'granted');
  transport.subscribe([{ filter: 'blacklist/#' }]);
  transport.open({
    message: ({ topic, payload }) => {
      const question = topic === 'blacklist/ask' ? parseQuestion(payload) : undefined;
      if (question?.ok !== true) return Promise.resolve();
      asked.push(question.value);
      const { id, reply } = question.value;
      for (const one of answer(question.value)) {
        const isRaw = typeof one === 'string' || one instanceof Uint8Array;
        const said = isRaw ? one : JSON.stringify({ v: 1, id, from: name, ...one });
        void transport.publish({ topic: reply, payload: said, qos: 0 }).catch(() => undefined);
      }
      return Promise.resolve();
    },
    connection: () => undefined,
    subscription: () => listening.dispatchEvent(new Event('granted')),
  });
  await granted;
  if (status !== undefined) {
    await transport.publish({ topic: `vallumd/${name}`, payload: status, qos: 1, retain: true });
  }
  return { asked, close: () => transport.close() };
}

export function wellBehaved({ kind, addresses }: Question): readonly FakeAnswer[] {
  if (kind === 'status') return [{ kind, status: {} }];
  if (kind === 'why') return [{ kind, blocked: true, bans: [] }];
  return [{ kind, count: addresses.length, exceptions: [] }];
}
