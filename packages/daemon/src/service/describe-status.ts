import type { VallumStatus } from '@vallum/core';

/** For `systemctl status`: `connected; blacklist 1204 bans, blacklist6 missing`. */
export function describeStatus({ connection, sets }: VallumStatus): string {
  const each = sets.map(({ set, state, bans, pending }) => {
    if (state !== 'ready') return `${set} ${state}`;
    const waiting = pending > 0 ? ` (${pending.toString()} waiting)` : '';
    return `${set} ${bans.toString()} ${bans === 1 ? 'ban' : 'bans'}${waiting}`;
  });
  const broker = connection === 'connected' ? 'connected' : 'not connected to the broker';
  return [broker, each.join(', ')].filter((part) => part !== '').join('; ');
}
