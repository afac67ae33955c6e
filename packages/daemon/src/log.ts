import { describeTime } from '@vallum/core/protocol';
import { rememberLast } from './remember-last.js';

export const LOG_LEVELS = ['error', 'warning', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogStyle {
  readonly format: 'text' | 'json';
  readonly level: LogLevel;
}

export interface LogEntry {
  readonly level: LogLevel;
  /** One word for programs: `banned`, `connected`. */
  readonly event: string;
  /** One sentence for people. */
  readonly message: string;
  /** The parts of the sentence, for programs; undefined ones are left out. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface LogSink {
  write(text: string): void;
  /** The receiver adds the time itself and reads the priority from `<N>` (sd-daemon(3)). */
  readonly journal: boolean;
}

export interface Log {
  write(entry: LogEntry): void;
  restyle(style: LogStyle): void;
}

// syslog(3)
const PRIORITY: Record<LogLevel, number> = { error: 3, warning: 4, info: 6, debug: 7 };

/** Printable ASCII, and nothing else. */
const PLAIN = /^[ -~]*$/;

/** Writes one line an entry, whatever is in it. */
export function createLog(
  style: LogStyle,
  sink: LogSink,
  nowMs: () => number = () => Date.now(),
): Log {
  let current = style;
  // Lines come by the thousand: 2026-11-23T14:00:00.000Z, and for people 2026-11-23 15:00:00 CET.
  const isoTime = rememberLast((unixMs: number) => new Date(unixMs).toISOString());
  const localTime = rememberLast((unixSeconds: number) => `${describeTime(unixSeconds)} `);
  return {
    restyle(next) {
      current = next;
    },
    write(entry) {
      if (LOG_LEVELS.indexOf(entry.level) > LOG_LEVELS.indexOf(current.level)) return;
      const prefix = sink.journal ? `<${PRIORITY[entry.level].toString()}>` : '';
      if (current.format === 'json') {
        sink.write(`${prefix}${formatJson(entry, isoTime(nowMs()))}\n`);
      } else {
        const time = sink.journal ? '' : localTime(Math.floor(nowMs() / 1000));
        sink.write(`${prefix}${time}${formatText(entry)}\n`);
      }
    },
  };
}

function formatText(entry: LogEntry): string {
  const message = withoutHidden(entry.message, (unit) => `\\u${unit}`);
  return entry.level === 'info' ? message : `${entry.level}: ${message}`;
}

function formatJson(entry: LogEntry, time: string): string {
  const { level, event, message, fields } = entry;
  // They come first, and no field takes their place.
  const first = { time, level, event, message };
  // JSON lets C1 controls, line separators and bidi marks through; escaped they mean the same.
  return withoutHidden(JSON.stringify({ ...first, ...fields, ...first }), (unit) => `\\u${unit}`);
}

/**
 * The last gate before a terminal: whoever made the message should have escaped what came from the
 * network, and where that was forgotten it still cannot break the line or drive the terminal.
 */
function withoutHidden(text: string, escape: (unit: string) => string): string {
  // Nearly every line: looking takes a tenth of replacing nothing.
  if (PLAIN.test(text)) return text;
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) =>
      escape(character.charCodeAt(at).toString(16).padStart(4, '0')),
    ).join(''),
  );
}
