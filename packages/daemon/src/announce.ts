import {
  escapeForDisplay,
  PROTECT_TOPIC,
  type ConnectionFault,
  type Report,
  type SetState,
  type VallumOptions,
} from '@vallum/core';
import { withRemedy } from '@vallum/options';
import { describeProtection } from './describe-protection.js';
import { describeReport } from './describe-report.js';
import { describeSummary } from './describe-summary.js';
import type { HoldBack } from './hold-back.js';
import type { LogEntry } from './log.js';
import { isHeldBack, type Manner } from './manner.js';

type Listeners = NonNullable<VallumOptions['listeners']>;

/** Faults of a whole set: they concern every entry alike and are told by the set's state. */
const SET_FAULTS: ReadonlySet<string> = new Set([
  'set-missing',
  'set-full',
  'unsupported-type',
  'permission-denied',
  'unavailable',
]);
const COMPLAINTS: ReadonlySet<Report['outcome']> = new Set(['rejected', 'refused', 'failed']);
/** Of a code: anybody who may publish can send nonsense as fast as the network allows. */
const SAID_IN_A_WINDOW = 20;

export interface AnnounceOptions {
  readonly write: (entry: LogEntry) => void;
  readonly holdBack: HoldBack;
  /** `all`: each entry that was refused is told, however many there are. */
  readonly entries: 'few' | 'all';
  /** True while missing sets are created, so that a missing one is no news for long. */
  readonly creating: () => boolean;
  readonly manner: Manner;
}

/** Tells everything that happens to the log: each entry's outcome, sets, connection. */
export function announce(options: AnnounceOptions): Listeners {
  const { write, holdBack, entries, creating, manner } = options;
  let saidProtectRefused = false;
  const writeSome = (key: string | undefined, burst: number, entry: LogEntry) => {
    if (key === undefined || entries === 'all') write(entry);
    else holdBack.write(key, burst, entry);
  };
  return {
    report(report) {
      const ofSet = report.outcome === 'failed' && SET_FAULTS.has(report.code);
      writeSome(floodOf(report), ofSet ? 1 : SAID_IN_A_WINDOW, describeReport(report, manner));
    },
    summary(summary) {
      for (const counted of summary.outcomes) {
        if (counted.count === 0) continue;
        const { outcome, code = '' } = counted;
        const isComplaint = COMPLAINTS.has(outcome) && !isHeldBack(outcome, code);
        const key = isComplaint ? `summary ${outcome} ${code}` : undefined;
        writeSome(key, SAID_IN_A_WINDOW, describeSummary(summary, counted, manner));
      }
    },
    protection(report) {
      const entry = describeProtection(report);
      writeSome(`protection ${report.outcome}`, SAID_IN_A_WINDOW, entry);
    },
    set(state) {
      if (state.state === 'ready') {
        for (const fault of SET_FAULTS) holdBack.forget(`failed ${state.set} ${fault}`);
      }
      if (state.state === 'missing' && creating()) {
        const { set } = state;
        const message = `set ${set} does not exist and is created`;
        write({ level: 'info', event: 'set-missing', message, fields: { set } });
        return;
      }
      for (const entry of describeSet(state)) write(entry);
    },
    reconciled({ set, adopted, added, deleted, failed, failure }) {
      if (adopted + added + deleted + failed === 0) return;
      write({
        level: failed > 0 ? 'warning' : 'info',
        event: 'reconciled',
        message:
          `set ${set} ${agreement(failed, manner)} the ledger: ` +
          `${adopted.toString()} bans were there, ` +
          `${added.toString()} ${manner === 'pretends' ? 'would be ' : ''}added, ` +
          `${deleted.toString()} removed, ${failed.toString()} failed` +
          (failure === undefined ? '' : `, the first because ${failure}`),
        fields: { set, adopted, added, deleted, failed, failure },
      });
    },
    connection(state) {
      if (state.state === 'connected') {
        const version = state.protocolVersion === 5 ? '5' : '3.1.1';
        const session = state.sessionPresent ? ', continuing the session' : '';
        write({
          level: 'info',
          event: 'connected',
          message: `connected to the broker with MQTT ${version}${session}`,
          fields: { protocolVersion: state.protocolVersion, sessionPresent: state.sessionPresent },
        });
        return;
      }
      const retry =
        state.retryInMs === undefined
          ? ''
          : `; next attempt in ${Math.ceil(state.retryInMs / 1000).toString()} s`;
      write({
        level: state.state === 'refused' ? 'error' : 'warning',
        event: state.state,
        message: `not connected to the broker: ${withRemedy(state.detail, state.code)}${whereFrom(state.code)}${retry}`,
        fields: { detail: state.detail, code: state.code, retryInMs: state.retryInMs },
      });
    },
    subscription(filter, outcome) {
      const shown = escapeForDisplay(filter);
      if (filter === `${PROTECT_TOPIC}/#`) {
        // The broker is asked again every few minutes.
        const isNews = saidProtectRefused !== (outcome !== 'granted');
        saidProtectRefused = outcome !== 'granted';
        if (outcome !== 'granted' && isNews) write(describeProtectForbidden(outcome.refused));
        if (outcome === 'granted') write(listening(shown, filter));
        return;
      }
      if (filter.endsWith('/sync')) {
        if (outcome !== 'granted') write(describeInboxRefused(shown, outcome.refused));
        return;
      }
      write(
        outcome === 'granted'
          ? listening(shown, filter)
          : {
              level: 'error',
              event: 'subscription-refused',
              message:
                `the broker does not let this client listen to ${shown}: ${outcome.refused}; ` +
                `no ban arrives from there until it does (mosquitto: topic read ${shown})`,
              fields: { filter, detail: outcome.refused },
            },
      );
    },
    echo(topic, outcome) {
      write(describeEcho(escapeForDisplay(topic), outcome));
    },
    repair(outcome) {
      write(outcome === 'silent' ? SILENT : SPEAKING);
    },
    notice(sentence) {
      write({ level: 'info', event: 'repair', message: sentence });
    },
    warning(sentence) {
      write({ level: 'warning', event: 'warning', message: sentence });
    },
  };
}

/** By hand the same configuration has no password where the service has one. */
function whereFrom(code: ConnectionFault | undefined): string {
  return code === 'password-missing'
    ? '; as a service vallumd takes it from its credential mqtt-password, which a start by hand does not have'
    : '';
}

function agreement(failed: number, manner: Manner): string {
  if (failed > 0) return 'lacks bans of';
  return manner === 'pretends'
    ? 'is untouched by the dry run, and would be brought to'
    : 'agrees with';
}

function listening(shown: string, filter: string): LogEntry {
  return {
    level: 'info',
    event: 'subscribed',
    message: `listening to ${shown}`,
    fields: { filter },
  };
}

/** What follows where the list is not heard of, and what to do. */
const UNPROTECTED =
  "until then this node hears nothing of the fleet's protect list; bans work all the same " +
  `(mosquitto: topic readwrite ${PROTECT_TOPIC}/#, or give --no-protect-fleet)`;

function describeProtectForbidden(detail: string): LogEntry {
  return {
    level: 'warning',
    event: 'protect-forbidden',
    message: `the broker does not let this node listen to ${PROTECT_TOPIC}/#: ${detail}; ${UNPROTECTED}`,
    fields: { detail },
  };
}

/** What follows where nodes cannot speak to each other. */
const UNREPAIRED = 'until then what this node misses is not made up for; bans work all the same';

function describeInboxRefused(topic: string, detail: string): LogEntry {
  return {
    level: 'warning',
    event: 'repair-forbidden',
    message:
      `the broker does not let this node read ${topic}, where other nodes answer it: ${detail}; ` +
      `allow it there (mosquitto: topic read ${topic}), or give --no-repair; ${UNREPAIRED}`,
    fields: { topic, detail },
  };
}

function describeEcho(topic: string, outcome: 'heard' | 'unheard'): LogEntry {
  if (outcome === 'heard') {
    const message = `what this node says on ${topic} comes back to it again: repair works`;
    return { level: 'info', event: 'repair-allowed', message, fields: { topic } };
  }
  if (topic === `${PROTECT_TOPIC}/sync`) {
    const message =
      `what this node says on ${topic} does not come back to it: the broker's rules have to let it write ` +
      `and read there; ${UNPROTECTED}`;
    return { level: 'warning', event: 'protect-forbidden', message, fields: { topic } };
  }
  return {
    level: 'warning',
    event: 'repair-forbidden',
    message:
      `what this node says to the others on ${topic} does not come back to it: the broker's rules ` +
      `have to let it write and read there (mosquitto: topic readwrite ${topic}), or give ` +
      `--no-repair; ${UNREPAIRED}`,
    fields: { topic },
  };
}

const SILENT: LogEntry = {
  level: 'warning',
  event: 'repair-forbidden',
  message:
    'the broker ends the connection each time this node speaks to others (on TOPIC/sync and ' +
    'vallumd/NODE/sync), so it does not for ten minutes: let the broker allow it, or give ' +
    `--no-repair; ${UNREPAIRED}`,
};
const SPEAKING: LogEntry = {
  level: 'info',
  event: 'repair-tried',
  message: 'this node tries again to speak to others',
};

/** What the like of it is counted by; undefined: it is always told. */
function floodOf(report: Report): string | undefined {
  // Whoever has missed a few bans reads which; of thousands, how many.
  if (report.via === 'repair' && report.outcome !== 'failed') return `repair ${report.outcome}`;
  switch (report.outcome) {
    case 'rejected':
    case 'refused':
      if (isHeldBack(report.outcome, report.code)) return undefined;
      return `${report.outcome} ${report.code}`;
    case 'failed':
      return `failed ${report.set} ${report.code}`;
    default:
      return undefined;
  }
}

function describeSet(state: SetState): LogEntry[] {
  const { set } = state;
  if (state.state === 'unknown') return [];
  if (state.state !== 'ready') {
    const remedy = state.state === 'missing' ? 'or start vallumd with --create' : undefined;
    return [
      {
        level: 'warning',
        event: `set-${state.state}`,
        message:
          `set ${set} cannot be used: ${state.detail}` +
          (remedy === undefined ? '' : ` (${remedy})`),
        fields: { set, detail: state.detail, remedy },
      },
    ];
  }
  const { type, family, entries, references, defaultTimeoutSeconds, evicts } = state.info;
  const timeouts = defaultTimeoutSeconds === undefined ? ', without timeouts' : '';
  return [
    {
      level: 'info',
      event: 'set-ready',
      message: `set ${set} is ready: ${type}, ${family}${timeouts}, ${entries.toString()} entries, ${describeUse(references)}`,
      fields: { set, type, family, entries, references, defaultTimeoutSeconds },
    },
    ...(evicts === true ? [describeEvicting(set)] : []),
  ];
}

/** What the kernel calls references: rules, and with ipset lists of sets as well. */
function describeUse(references: number): string {
  if (references === 0) return 'used by no rule';
  return references === 1 ? 'used by 1 rule' : `used by ${references.toString()} rules`;
}

/** No ban of such a set is safe, so no line about one of them is true for long. */
function describeEvicting(set: string): LogEntry {
  return {
    level: 'warning',
    event: 'set-evicts',
    message:
      `set ${set} cannot be relied on: it was made with forceadd, so that once it is full each ` +
      'new entry throws out another at random, and bans that this log tells of are gone; ' +
      'make it again without forceadd (vallumd doctor shows how)',
    fields: { set },
  };
}
