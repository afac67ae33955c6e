import type { ConnectionFault } from './connection-fault.js';

/** What went wrong, for programs. The message is for people and may change. */
export type VallumErrorCode =
  /** An option or argument is unusable as given. */
  | 'INVALID_ARGUMENT'
  /** The operation needs a part (transport or backend) that this instance was made without. */
  | 'NOT_CONFIGURED'
  /** The program, socket or kernel module that a backend needs is not there. */
  | 'BACKEND_UNAVAILABLE'
  /** The kernel or the tool refused an operation on a whole set. */
  | 'BACKEND_FAILED'
  /** The process lacks CAP_NET_ADMIN. */
  | 'PERMISSION_DENIED'
  /** The broker cannot be reached, or did not confirm in time. */
  | 'BROKER_UNREACHABLE'
  /** The broker refused: credentials, authorisation, packet too large. */
  | 'BROKER_REFUSED'
  /** So much waits for the broker already that no more is taken. */
  | 'OUTBOX_FULL'
  /** The caller's signal ended the waiting. */
  | 'ABORTED'
  /** The ledger's file cannot be read or written. */
  | 'STORE_FAILED'
  /** The instance was closed. */
  | 'CLOSED';

/** What a `VallumError` says beside its message. */
export interface VallumErrorOptions {
  readonly code: VallumErrorCode;
  /** What was being done, such as `ipset create`. */
  readonly operation: string;
  /** What is wrong with the connection, where that is the reason. */
  readonly fault?: ConnectionFault;
  /** The error beneath, such as that of a system call. */
  readonly cause?: unknown;
}

/** The one error class that Vallum throws: a broken world, never an expected refusal. */
export class VallumError extends Error {
  override readonly name = 'VallumError';
  /** What went wrong, to switch on. */
  readonly code: VallumErrorCode;
  /** What was being done, such as `ipset create`. */
  readonly operation: string;
  /** What is wrong with the connection, where that is the reason. */
  readonly fault?: ConnectionFault;

  constructor(message: string, options: VallumErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.operation = options.operation;
    if (options.fault !== undefined) this.fault = options.fault;
  }
}
