import type { WantedSet } from './wanted.js';

/** `create blacklist hash:net family inet timeout 0 maxelem 1048576` */
export function createLine({ set, family, type, timeoutSeconds, maxEntries }: WantedSet): string {
  return (
    `create ${set} ${type} family ${family === 'ipv4' ? 'inet' : 'inet6'} ` +
    `timeout ${timeoutSeconds.toString()} maxelem ${maxEntries.toString()}`
  );
}
