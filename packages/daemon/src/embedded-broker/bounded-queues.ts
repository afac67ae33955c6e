import { LIMITS } from './limits.js';

/** As aedes knows them (aedes-packet). */
export interface QueuedPacket {
  readonly cmd: string;
  readonly brokerId?: string;
  readonly brokerCounter?: number;
  readonly topic?: string;
  readonly payload?: string | Uint8Array;
  messageId?: number | undefined;
}
export interface ClientName {
  readonly id: string;
}
type Done = (error?: Error | null) => void;
type Asked = (error?: Error | null, packet?: QueuedPacket) => void;
type Updated = (error: Error | null, client: ClientName, packet: QueuedPacket) => void;

interface Waiting {
  packet: QueuedPacket;
  readonly bytes: number;
  readonly key: string;
}

class Session {
  readonly waiting = new Map<string, Waiting>();
  readonly byId = new Map<number, Waiting>();
  bytes = 0;
  /** QoS 2: what the client has published and not released. */
  readonly incoming = new Map<number, QueuedPacket>();
  incomingBytes = 0;
}

export interface BoundedQueuesOptions {
  /** A message was not kept for a client. */
  readonly full: (clientId: string) => void;
}

/**
 * What aedes keeps for each client until it is confirmed, with bounds, and found at once where aedes'
 * own memory goes through a list. The methods have the names and shapes that aedes calls.
 */
export class BoundedQueues {
  readonly #options: BoundedQueuesOptions;
  readonly #sessions = new Map<string, Session>();
  #bytes = 0;

  constructor(options: BoundedQueuesOptions) {
    this.#options = options;
  }

  forget(clientId: string): void {
    const session = this.#sessions.get(clientId);
    this.#bytes -= session?.bytes ?? 0;
    this.#sessions.delete(clientId);
  }

  readonly outgoingEnqueue = (
    { clientId }: { readonly clientId: string },
    packet: QueuedPacket,
    done: Done,
  ): void => {
    this.#enqueue(clientId, packet);
    process.nextTick(done);
  };

  readonly outgoingEnqueueCombi = (
    subscriptions: readonly { readonly clientId: string }[],
    packet: QueuedPacket,
    done: Done,
  ): void => {
    for (const { clientId } of subscriptions) this.#enqueue(clientId, packet);
    process.nextTick(done);
  };

  /** A message has got its number, or its place is taken by the PUBREL that follows it (QoS 2). */
  readonly outgoingUpdate = (client: ClientName, packet: QueuedPacket, done: Updated): void => {
    const session = this.#sessions.get(client.id);
    const known = session?.waiting.get(keyOf(packet)) ?? session?.byId.get(packet.messageId ?? 0);
    if (session === undefined || known === undefined) {
      done(new Error('it has confirmed too little of what it was sent'), client, packet);
      return;
    }
    if (known.key === keyOf(packet)) known.packet.messageId = packet.messageId;
    else known.packet = packet;
    if (packet.messageId !== undefined) session.byId.set(packet.messageId, known);
    done(null, client, packet);
  };

  readonly outgoingClearMessageId = (
    client: ClientName,
    { messageId }: QueuedPacket,
    done: Asked,
  ): void => {
    const session = this.#sessions.get(client.id);
    const known = session?.byId.get(messageId ?? 0);
    if (session === undefined || known === undefined) {
      done();
      return;
    }
    session.byId.delete(messageId ?? 0);
    if (session.waiting.delete(known.key)) {
      session.bytes -= known.bytes;
      this.#bytes -= known.bytes;
    }
    done(null, known.packet);
  };

  readonly outgoingPackets = (client: ClientName): QueuedPacket[] =>
    [...(this.#sessions.get(client.id)?.waiting.values() ?? [])].map(({ packet }) => packet);

  readonly incomingStorePacket = (client: ClientName, packet: QueuedPacket, done: Done): void => {
    const session = this.#session(client.id);
    const { incoming } = session;
    const bytes = size(packet);
    const id = packet.messageId ?? 0;
    const before = incoming.get(id);
    const total = session.incomingBytes + bytes - (before ? size(before) : 0);
    if (incoming.size >= LIMITS.unreleasedMessages || total > LIMITS.unreleasedBytes) {
      done(new Error('it has published too much at QoS 2 that it does not release'));
      return;
    }
    incoming.set(id, { ...packet });
    session.incomingBytes = total;
    done(null);
  };

  readonly incomingGetPacket = (client: ClientName, packet: QueuedPacket, done: Asked): void => {
    const stored = this.#sessions.get(client.id)?.incoming.get(packet.messageId ?? 0);
    done(stored ? null : new Error('no such packet'), stored);
  };

  readonly incomingDelPacket = (client: ClientName, packet: QueuedPacket, done: Done): void => {
    const session = this.#sessions.get(client.id);
    const stored = session?.incoming.get(packet.messageId ?? 0);
    // Forgotten where the client has left with the last answer.
    if (session === undefined || stored === undefined) {
      done(null);
      return;
    }
    session.incoming.delete(packet.messageId ?? 0);
    session.incomingBytes -= size(stored);
    done(null);
  };

  #enqueue(clientId: string, packet: QueuedPacket): void {
    const session = this.#session(clientId);
    const bytes = size(packet);
    if (
      session.waiting.size >= LIMITS.sessionMessages ||
      session.bytes + bytes > LIMITS.sessionBytes ||
      this.#bytes + bytes > LIMITS.sessionBytesInAll
    ) {
      this.#options.full(clientId);
      return;
    }
    const key = keyOf(packet);
    session.waiting.set(key, { packet: { ...packet, messageId: undefined }, bytes, key });
    session.bytes += bytes;
    this.#bytes += bytes;
  }

  #session(clientId: string): Session {
    let session = this.#sessions.get(clientId);
    if (session === undefined) this.#sessions.set(clientId, (session = new Session()));
    return session;
  }
}

function keyOf({ brokerId = '', brokerCounter = 0 }: QueuedPacket): string {
  return `${brokerId}:${brokerCounter.toString()}`;
}

/** With what else a message costs in memory. */
function size({ topic = '', payload = '' }: QueuedPacket): number {
  return topic.length + payload.length + 200;
}
