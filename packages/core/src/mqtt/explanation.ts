import type { ConnectionFault } from '../words/connection-fault.js';
import type { CertificateFacts } from './certificate-facts.js';
import type { Trust } from './trust.js';

/** What is known when a connection, or the attempt at one, has ended. */
export interface Ending {
  /** Reason code of a CONNACK that said no. */
  readonly connackCode?: number;
  /** Reason code of a DISCONNECT from the broker (MQTT 5). */
  readonly disconnectCode?: number;
  /** Of the socket, TLS, the WebSocket or the parser. */
  readonly error?: unknown;
  /** What stood: nothing, TCP without the TLS it should carry, or all that MQTT needs. */
  readonly reached: Reached;
  /** The broker had accepted the client. */
  readonly accepted: boolean;
  readonly broker: string;
  readonly tls: boolean;
  readonly clientId: string;
  readonly username?: string;
  readonly hasPassword: boolean;
  readonly connectTimeoutMs: number;
  /** The certificates that the broker showed, its own first; none where TLS did not come so far. */
  readonly shown?: () => readonly CertificateFacts[];
  /** With TLS. */
  readonly trust?: Trust;
  readonly nowUnix: number;
}

/** How far a connection came: not at all, to a port that answers, or until it could be used (with TLS and WebSocket done). */
export type Reached = 'nothing' | 'tcp' | 'ready';

export interface Explanation {
  readonly state: 'disconnected' | 'refused';
  /** What happened and what to look at, safe to print; what to type is known by code. */
  readonly detail: string;
  readonly code: ConnectionFault;
  /** The broker does not speak MQTT 5: it said so, or it hung up on the first packet. */
  readonly tryOlderProtocol?: 'said' | 'guessed';
}

export function refused(code: ConnectionFault, detail: string): Explanation {
  return { state: 'refused', detail, code };
}

export function lost(code: ConnectionFault, detail: string): Explanation {
  return { state: 'disconnected', detail, code };
}
