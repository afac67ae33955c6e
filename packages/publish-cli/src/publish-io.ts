import type { Transport } from '@vallum/core';
import type { MqttOptions } from '@vallum/core/mqtt';
import type { Interruption } from './interruption.js';
import type { ProgressStream } from './progress.js';

/** The world of one run; every part but the streams has a real default. */
export interface PublishIo {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: ProgressStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the sending early; says then what was confirmed. */
  readonly signal?: Interruption;
  /** Unix milliseconds. */
  readonly nowMs?: () => number;
  readonly connect?: (broker: MqttOptions, waitMs: number, listens?: boolean) => Promise<Transport>;
  readonly defaultConfigPath?: string;
}
