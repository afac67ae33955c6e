const KIB = 1024;
const MIB = 1024 * KIB;

/** What strangers can make the embedded broker keep or do; documented in docs/security.md. */
export const LIMITS = {
  /** A CONNECT, and every packet but PUBLISH. A client's name, password and last will fit. */
  packetBytes: 16 * KIB,
  /** What may come before the CONNECT was answered; one look at a socket. */
  bytesBeforeAccepted: 96 * KIB,
  /** A PUBLISH: a node reads messages of up to 1 MiB, and a topic has up to 64 KiB. */
  publishBytes: MIB + 64 * KIB,
  /** Packets above 64 KiB that have begun and not ended, of all connections. */
  gatheredBytes: 32 * MIB,
  connectMs: 10_000,
  /** Connections that have not logged in yet; another one ends the oldest. */
  waiting: 64,
  /** Connections that have. */
  accepted: 256,
  subscriptions: 64,
  /** Written and not taken: beyond this, publishers wait */
  unreadBytes: 256 * KIB,
  /** How long they wait before the connection ends. */
  unreadMs: 3_000,
  /** Of all connections; the one that has the most ends first. */
  unreadBytesInAll: 32 * MIB,
  /** Clients whose subscriptions and messages are kept while they are away. */
  sessions: 512,
  sessionMessages: 50_000,
  sessionBytes: 16 * MIB,
  sessionBytesInAll: 64 * MIB,
  /** QoS 2: published and not released. */
  unreleasedMessages: 100,
  unreleasedBytes: 2 * MIB,
  /** Statuses of nodes: nothing else is retained. */
  retained: 1_000,
  retainedBytes: 64 * KIB,
  retainedBytesInAll: 8 * MIB,
} as const;
