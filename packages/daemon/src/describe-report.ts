import { escapeForDisplay, type Report } from '@vallum/core';
import { describeTime } from '@vallum/core/protocol';
import type { LogEntry } from './log.js';
import { eventOf, isHeldBack, type Manner } from './manner.js';
import { remedyFor } from './remedies.js';
import { rememberLast } from './remember-last.js';

type Until = Extract<Report, { outcome: 'banned' }>['until'];

/**
 * Tells what became of one entry: what, where, why, from whom.
 *
 * @param manner whether what is told was done
 */
export function describeReport(report: Report, manner: Manner = 'enforces'): LogEntry {
  const { outcome } = report;
  const origin = describeOrigin(report);
  const entry = (
    level: LogEntry['level'],
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): LogEntry => new ReportEntry(level, `${message} (${origin})`, report, manner, fields);

  if (outcome === 'rejected') {
    return entry('warning', `rejected ${quoted(report.input)}: ${withRemedy(report)}`);
  }
  const { address, set } = report;
  switch (outcome) {
    case 'banned':
      return entry('info', `${BANNED[manner]} ${address} in ${set} ${describeUntil(report.until)}`);
    case 'unbanned':
      return entry('info', describeUnban(report, manner), {
        absent: report.absent,
        note: report.note,
        stillBlockedBy: report.stillBlockedBy,
      });
    case 'repeated':
      return entry('debug', `nothing to do about ${address} in ${set}: all of this was known`);
    case 'overtaken':
      return entry(
        'info',
        `nothing done about ${address} in ${set}: a younger message about it came before this one`,
      );
    case 'held':
      return entry(
        'info',
        `${manner === 'pretends' ? 'would keep' : 'kept'} ${address} in ${set}, since it is still held by ${report.holders.join(', ')}`,
        {
          holders: report.holders,
        },
      );
    case 'ended':
      return entry('info', `${ENDED[manner]} ${address} in ${set}: its time is over`);
    case 'refused':
      if (isHeldBack(outcome, report.code)) {
        return entry(
          'info',
          `did not ${report.action ?? 'ban'} ${address} in ${set}: ${report.detail}`,
        );
      }
      return entry(
        'warning',
        `refused to ${report.action ?? 'ban'} ${address} in ${set}: ${withRemedy(report)}`,
      );
    case 'failed':
      return entry(
        report.willRetry ? 'warning' : 'error',
        `failed to ${report.action} ${address} in ${set}: ${withRemedy(report)}` +
          (report.willRetry && manner === 'enforces'
            ? '; it is kept and applied as soon as possible'
            : ''),
        { action: report.action, willRetry: report.willRetry },
      );
    case 'published':
      return entry('info', `published the ${report.action} of ${address} in ${set}`, {
        action: report.action,
      });
  }
}

const BANNED: Readonly<Record<Manner, string>> = {
  enforces: 'banned',
  remembers: 'noted the ban of',
  pretends: 'would ban',
};
const UNBANNED: Readonly<Record<Manner, string>> = {
  enforces: 'unbanned',
  remembers: 'noted the unban of',
  pretends: 'would unban',
};
const ENDED: Readonly<Record<Manner, string>> = {
  enforces: 'ended the ban of',
  remembers: 'forgot the ban of',
  pretends: 'would end the ban of',
};

const NOT_REMEMBERED =
  '; so many withdrawals are remembered already that this one is not: an older ban of it that ' +
  'arrives late will count';

function describeUnban(
  { address, set, absent, note, stillBlockedBy = [] }: Extract<Report, { outcome: 'unbanned' }>,
  manner: Manner,
): string {
  const remembered = note === 'not-remembered' ? NOT_REMEMBERED : '';
  if (stillBlockedBy.length === 0) {
    const where = absent ? ', where it was not banned' : '';
    return `${UNBANNED[manner]} ${address} in ${set}${where}${remembered}`;
  }
  const prefixes = stillBlockedBy.map(
    (ban) =>
      `${ban.address} (${ban.origin === undefined ? '' : `origin ${escapeForDisplay(ban.origin)}, `}${describeUntil(ban.until)})`,
  );
  const before = absent
    ? `${address} had no ban of its own in ${set} and`
    : `${UNBANNED[manner]} ${address} in ${set}, but it`;
  // A keeper and a dry run block nothing.
  const blocked = manner === 'enforces' ? 'is still blocked by' : 'is still in the banned prefix';
  return `${before} ${blocked} ${prefixes.join(', ')}${remembered}`;
}

function withRemedy(report: Extract<Report, { detail: string }>): string {
  const remedy = remedyFor(report);
  return remedy === undefined ? report.detail : `${report.detail}; ${remedy}`;
}

/** A class, since a literal with a getter takes longer to make than all the rest. */
class ReportEntry implements LogEntry {
  constructor(
    readonly level: LogEntry['level'],
    readonly message: string,
    readonly report: Report,
    readonly manner: Manner,
    readonly more: Readonly<Record<string, unknown>> | undefined,
  ) {}

  get event(): string {
    const { outcome } = this.report;
    return eventOf(outcome, this.manner, outcome === 'refused' ? this.report : {});
  }

  /** Only JSON asks for them. */
  get fields(): Readonly<Record<string, unknown>> {
    return { ...fieldsOf(this.report), ...this.more };
  }
}

const describeVia = rememberLast((via: string) =>
  via === 'local' ? 'from this program' : `via ${escapeForDisplay(via)}`,
);

/** `origin web1, reason "sshd", via blacklist/add line 3` */
export function describeOrigin(report: {
  readonly via: string;
  readonly place?: string;
  readonly origin?: string;
  readonly reason?: string;
}): string {
  const via = describeVia(report.via);
  const place = report.place === undefined ? '' : ` ${report.place}`;
  if (report.origin === undefined && report.reason === undefined) return via + place;
  return [
    ...(report.origin === undefined ? [] : [`origin ${escapeForDisplay(report.origin)}`]),
    ...(report.reason === undefined
      ? []
      : [`reason ${quoted(escapeForDisplay(report.reason, 256))}`]),
    via + place,
  ].join(', ');
}

/** The parts of a report, as they are: JSON escapes them, and a program wants the address, not a picture of it. */
export function fieldsOf(report: Report): Record<string, unknown> {
  const { via, place } = report;
  if (report.outcome === 'rejected') {
    const { code, input, detail } = report;
    return { via, place, code, input, detail, remedy: remedyFor(report) };
  }
  const { set, address, origin, reason } = report;
  const why =
    report.outcome === 'refused' || report.outcome === 'failed'
      ? { code: report.code, detail: report.detail, remedy: remedyFor(report) }
      : {};
  const until = report.outcome === 'banned' ? { until: report.until } : {};
  return { set, address, origin, reason, via, place, ...until, ...why };
}

/** `until 2026-11-23 15:00:00 CET` */
export function describeUntil(until: Until): string {
  if (until === 'never') return 'for ever';
  if (until === 'default') return "for as long as the set's own timeout says";
  return describeSecond(until);
}

const describeSecond = rememberLast((until: number) => `until ${describeTime(until)}`);

/** Quotes escaped text: a quote inside it may not end the quotation. */
export function quoted(escaped: string): string {
  return `"${escaped.replaceAll('"', '\\"')}"`;
}
