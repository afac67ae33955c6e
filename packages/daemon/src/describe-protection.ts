import type { ProtectReport } from '@vallum/core';
import { describeOrigin, describeUntil, quoted } from './describe-report.js';
import type { LogEntry } from './log.js';

/** Tells what became of one entry of the fleet's protect list. */
export function describeProtection(report: ProtectReport): LogEntry {
  const entry = (level: LogEntry['level'], message: string, event: string = report.outcome) => ({
    ...{ level, event, message: `${message} (${describeOrigin(report)})` },
    fields: { ...report },
  });
  if (report.outcome === 'rejected') {
    return entry('warning', `rejected ${quoted(report.input)}: ${report.detail}`);
  }
  const { address } = report;
  const list = "the fleet's protect list";
  switch (report.outcome) {
    case 'protected':
      return entry('info', `${address} is protected by ${list} ${describeUntil(report.until)}`);
    case 'unprotected':
      return entry(
        'info',
        `${address} is not protected by ${list}${report.absent ? ', and was not' : ' any more'}`,
      );
    case 'held': {
      const holders = report.holders.join(', ');
      return entry('info', `${address} stays in ${list}, held by ${holders}`, 'protected');
    }
    case 'ended':
      return entry(
        'info',
        `${address} is not protected by ${list} any more: its time is over`,
        'unprotected',
      );
    case 'overtaken':
      return entry(
        'info',
        `nothing done about ${address} in ${list}: a younger message came first`,
      );
    case 'repeated':
      return entry('debug', `nothing to do about ${address} in ${list}: all of this was known`);
    case 'published':
      return entry('info', `published to ${report.action} ${address} in ${list}`);
    case 'refused':
      return entry(
        'warning',
        `refused to ${report.action} ${address} in ${list}: ${report.detail}`,
        'protect-refused',
      );
  }
}
