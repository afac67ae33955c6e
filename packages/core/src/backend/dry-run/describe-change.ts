import type { Change, SetSpec } from '../backend.js';

/** What a change would do, such as `would add 192.0.2.7 to blacklist for 600 s`. */
export function describeChange(change: Change): string {
  const { set, address, to } = change;
  const what = to === undefined ? address.text : `${address.text}-${to.text}`;
  if (change.op === 'del') return `would delete ${what} from ${set}`;
  return `would add ${what} to ${set}${describeDuration(change.timeoutSeconds)}`;
}

/** Such as `would create blacklist6: hash:net, IPv6, default timeout 0 s`. */
export function describeCreation(spec: SetSpec): string {
  const traits = [
    spec.type,
    spec.family === 'ipv4' ? 'IPv4' : 'IPv6',
    ...(spec.range === undefined ? [] : [`range ${spec.range}`]),
    ...(spec.defaultTimeoutSeconds === undefined
      ? []
      : [`default timeout ${spec.defaultTimeoutSeconds} s`]),
    ...(spec.maxEntries === undefined ? [] : [`at most ${spec.maxEntries} entries`]),
    ...(spec.comments === true ? ['with comments'] : []),
  ];
  return `would create ${spec.set}: ${traits.join(', ')}`;
}

function describeDuration(timeoutSeconds: number | undefined): string {
  if (timeoutSeconds === undefined) return '';
  return timeoutSeconds === 0 ? ' for ever' : ` for ${timeoutSeconds} s`;
}
