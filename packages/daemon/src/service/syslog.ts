import { VallumError } from '@vallum/core';
import type { LogSink } from '../log.js';
import type { DatagramSender } from './datagram-sender.js';

/** Where syslogd listens; syslog(3). */
export const SYSLOG_SOCKET = '/dev/log';

// sys/syslog.h, as the C vallumd logged
const LOG_DAEMON = 3 << 3;
const LOG_INFO = 6;

export interface SyslogOptions {
  readonly sender: DatagramSender;
  /** Gets what syslog does not take, so that no line is lost. */
  readonly otherwise: LogSink;
  readonly pid?: number;
  readonly now?: () => Date;
}

/**
 * Writes each line as one datagram in the form of syslog(3):
 *
 *     <30>Nov  3 14:00:00 vallumd[812]: banned 192.0.2.7 in blacklist for ever
 */
export function createSyslogSink(options: SyslogOptions): LogSink {
  const { sender, otherwise, pid = process.pid, now = () => new Date() } = options;
  return {
    journal: true,
    write(text) {
      const [, priority = LOG_INFO, line = ''] = /^(?:<(\d)>)?(.*)/.exec(text) ?? [];
      const facility = LOG_DAEMON | Number(priority);
      try {
        sender.send(
          `<${facility.toString()}>${timestamp(now())} vallumd[${pid.toString()}]: ${line}`,
        );
      } catch (error) {
        if (!(error instanceof VallumError)) throw error;
        otherwise.write(otherwise.journal ? text : `${line}\n`);
      }
    },
  };
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `Nov  3 14:00:00`, local time (RFC 3164, 4.1.2) */
function timestamp(date: Date): string {
  const two = (value: number) => value.toString().padStart(2, '0');
  const day = date.getDate().toString().padStart(2, ' ');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${MONTHS[date.getMonth()] ?? ''} ${day} ${time}`;
}
