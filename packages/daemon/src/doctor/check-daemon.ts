import { escapeForDisplay } from '@vallum/core';
import { finding, type Finding } from '@vallum/doctor';
import type { DaemonFacts } from './gather-daemon.js';
import type { NodeStatus } from './read-status.js';

export interface DaemonQuestion {
  readonly node: string;
  readonly daemon: DaemonFacts;
  /** Retained at the broker on `vallumd/<node>`; undefined: there is none, or it cannot be read. */
  readonly status: NodeStatus | undefined;
  readonly nowUnix: number;
}

/** vallumd notes each minute that its connection stands. */
const SEEN_WITHIN_SECONDS = 150;
const START = 'systemctl restart vallumd';

/**
 * Whether vallumd runs and is connected: by its state folder, which it holds locked, and by its status at
 * the broker. Neither is enough: a process may have lost its broker, and a status outlives its node where
 * broker and node lose their power together.
 */
export function checkDaemon({ node, daemon, status, nowUnix }: DaemonQuestion): Finding[] {
  const { process: holder, folder = '', contact } = daemon;
  const say = (level: Finding['level'], message: string, remedy?: string) => [
    finding(level, 'daemon', node, message, remedy),
  ];
  const claim = status && escapeForDisplay(status.state);
  if (holder === 'none') {
    const stale =
      claim === 'online' ? ', although its status at the broker still says that it is online' : '';
    return say('critical', `no vallumd runs here that keeps its state in ${folder}${stale}`, START);
  }
  const seenSecondsAgo = nowUnix - (contact?.seen ?? -Infinity);
  const isSeen = contact?.connected === true && seenSecondsAgo < SEEN_WITHIN_SECONDS;
  if (claim !== undefined && claim !== 'online') {
    if (typeof holder === 'number' && isSeen) {
      const message =
        `vallumd is running (process ${holder.toString()}) and connected, and its status at the broker is ` +
        `${claim}: may it not publish it, or has another node the same name?`;
      return say('warning', message, 'journalctl -n 50 -u vallumd');
    }
    const message = `vallumd is not connected: its status is ${claim}`;
    return say('critical', message, `${START}; journalctl -n 50 -u vallumd`);
  }
  if (holder === undefined) {
    const message =
      claim === 'online'
        ? 'its status at the broker is online; whether it is true cannot be seen from here'
        : 'whether vallumd runs cannot be seen: neither its state folder nor its status can be read';
    return say('unknown', message, 'sudo vallumd doctor');
  }
  const running = `vallumd is running (process ${holder.toString()})`;
  if (claim === 'online') return say('ok', `${running} and connected`);
  if (contact?.connected === false) {
    const message = `${running} and not connected to the broker`;
    return say('critical', message, 'journalctl -n 50 -u vallumd');
  }
  if (isSeen) {
    return say('ok', `${running} and connected, by what it notes in ${folder}`);
  }
  const message = `${running}; whether it is connected cannot be seen, since its status at the broker cannot be read`;
  return say('unknown', message, `mosquitto acl_file: topic read vallumd/${node}`);
}
