import { escapeForDisplay, type SetState, type VallumOptions } from '@vallum/core';
import { withRemedy } from '@vallum/options';
import { describeReport } from './describe-report.js';
import type { HoldBack } from './hold-back.js';
import type { LogEntry } from './log.js';

type Listeners = NonNullable<VallumOptions['listeners']>;

/** Faults of a whole set: they concern every entry alike and are told by the set's state. */
const SET_FAULTS: ReadonlySet<string> = new Set([
  'set-missing',
  'set-full',
  'unsupported-type',
  'permission-denied',
  'unavailable',
]);
const REJECTIONS_IN_A_WINDOW = 50;

export interface AnnounceOptions {
  readonly write: (entry: LogEntry) => void;
  readonly holdBack: HoldBack;
  /** True while missing sets are created, so that a missing one is no news for long. */
  readonly creating: () => boolean;
}

/** Tells everything that happens to the log: each entry's outcome, sets, connection. */
export function announce({ write, holdBack, creating }: AnnounceOptions): Listeners {
  return {
    report(report) {
      const entry = describeReport(report);
      if (report.outcome === 'rejected') {
        // Anybody who may publish can send nonsense as fast as the network allows.
        holdBack.write(`rejected ${report.code}`, REJECTIONS_IN_A_WINDOW, entry);
      } else if (report.outcome === 'failed' && SET_FAULTS.has(report.code)) {
        holdBack.write(`failed ${report.set} ${report.code}`, 1, entry);
      } else {
        write(entry);
      }
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
          `set ${set} ${failed > 0 ? 'lacks bans of the ledger' : 'agrees with the ledger'}: ` +
          `${adopted.toString()} bans were there, ` +
          `${added.toString()} added, ${deleted.toString()} removed, ${failed.toString()} failed` +
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
        message: `${state.state === 'refused' ? 'the broker refused: ' : 'no connection to the broker: '}${withRemedy(state.detail, state.code)}${retry}`,
        fields: { detail: state.detail, code: state.code, retryInMs: state.retryInMs },
      });
    },
    subscription(filter, outcome) {
      const shown = escapeForDisplay(filter);
      write(
        outcome === 'granted'
          ? {
              level: 'info',
              event: 'subscribed',
              message: `listening to ${shown}`,
              fields: { filter },
            }
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
    warning(sentence) {
      write({ level: 'warning', event: 'warning', message: sentence });
    },
  };
}

function describeSet(state: SetState): LogEntry[] {
  const { set } = state;
  if (state.state === 'unknown') return [];
  if (state.state !== 'ready') {
    return [
      {
        level: 'warning',
        event: `set-${state.state}`,
        message: `set ${set} cannot be used: ${state.detail}`,
        fields: { set, detail: state.detail },
      },
    ];
  }
  const { type, family, entries, references, defaultTimeoutSeconds } = state.info;
  const timeouts = defaultTimeoutSeconds === undefined ? ', without timeouts' : '';
  return [
    {
      level: 'info',
      event: 'set-ready',
      message: `set ${set} is ready: ${type}, ${family}${timeouts}, ${entries.toString()} entries, ${references.toString()} references`,
      fields: { set, type, family, entries, references, defaultTimeoutSeconds },
    },
  ];
}
