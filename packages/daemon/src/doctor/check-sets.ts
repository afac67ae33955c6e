import { type SetInfo } from '@vallum/core';
import { SET_TYPES } from '@vallum/core/backend';
import { finding, type Finding } from '@vallum/doctor';
import type { SetFacts } from './gather-sets.js';

const NEARLY_FULL = 0.9;

/** Whether the kernel and this process can do what vallumd needs at all. */
export function checkKernel(sets: readonly SetFacts[]): Finding[] {
  const unusable = sets.find(({ fault }) => fault && fault.code !== 'PERMISSION_DENIED');
  if (unusable?.fault) {
    const remedy = 'apt install ipset; modprobe ip_set_hash_net';
    return [finding('critical', 'kernel', 'sets', unusable.fault.message, remedy)];
  }
  if (sets.some(({ fault }) => fault)) {
    return [finding('unknown', 'kernel', 'sets', 'cannot be asked without permission')];
  }
  return sets.length === 0 ? [] : [finding('ok', 'kernel', 'sets', 'can be used')];
}

/** @param netAdmin whether this process has CAP_NET_ADMIN; undefined: not known */
export function checkPermission(
  netAdmin: boolean | undefined,
  sets: readonly SetFacts[],
): Finding[] {
  const denied = sets.some(({ fault }) => fault?.code === 'PERMISSION_DENIED');
  if (netAdmin === false || denied) {
    const message =
      netAdmin === false
        ? 'this process may not edit kernel sets: it lacks CAP_NET_ADMIN'
        : 'the kernel refuses although CAP_NET_ADMIN is there: a container without its own network?';
    const remedy =
      'run it as root (sudo vallumd doctor); in the unit: AmbientCapabilities=CAP_NET_ADMIN';
    return [finding('critical', 'permission', 'CAP_NET_ADMIN', message, remedy)];
  }
  return netAdmin === undefined
    ? []
    : [finding('ok', 'permission', 'CAP_NET_ADMIN', 'this process has it')];
}

/** What each set is. @param creating vallumd makes missing ones itself (--create) */
export function checkSets(sets: readonly SetFacts[], creating: boolean): Finding[] {
  return sets.flatMap((facts) => checkSet(facts, creating));
}

function checkSet({ set, family, companion, info, fault }: SetFacts, creating: boolean): Finding[] {
  if (fault) return [finding('unknown', 'set', set, fault.message)];
  if (!info) {
    const inet6 = family === 'ipv6' ? ' family inet6' : '';
    const create = `ipset create ${set} hash:net${inet6} timeout 0`;
    const consequence = companion ? 'no IPv6 address can be banned' : 'nothing can be banned';
    return creating
      ? [finding('warning', 'set', set, 'does not exist yet; vallumd creates it at its start')]
      : [
          finding(
            companion ? 'warning' : 'critical',
            ...(['set', set, `does not exist, so that ${consequence}`, create] as const),
          ),
        ];
  }
  if (!(SET_TYPES as readonly string[]).includes(info.type)) {
    const message = `is a ${info.type}, which vallumd does not edit; it edits ${SET_TYPES.join(', ')}`;
    const remedy = `make another set, and name it: -t ${set}=OTHER`;
    return [finding('critical', 'set', set, message, remedy)];
  }
  if (companion && info.family !== 'ipv6') {
    const message = `stands beside an IPv4 set for IPv6, but holds ${name(info.family)}`;
    return [finding('warning', 'set', set, message, `ipset create ${set} hash:net family inet6`)];
  }
  const time =
    info.defaultTimeoutSeconds === undefined
      ? 'without timeouts (vallumd ends timed bans itself)'
      : info.defaultTimeoutSeconds === 0
        ? 'with timeouts'
        : `with timeouts, ${info.defaultTimeoutSeconds.toString()} s unless a ban says more`;
  const narrow = info.type === 'hash:net' ? '' : ', single addresses only';
  if (info.evicts === true) {
    const message =
      'cannot keep its word: it was made with forceadd, so that once it is full each new entry ' +
      'throws out another at random';
    return [finding('warning', 'set', set, message, replaceSet(set, info, info.maxEntries))];
  }
  return [finding('ok', 'set', set, `${info.type}, ${name(info.family)}, ${time}${narrow}`)];
}

/** How much more each set takes. */
export function checkRoom(sets: readonly SetFacts[]): Finding[] {
  return sets.flatMap(({ set, info }) => {
    if (info?.maxEntries === undefined) return [];
    const { entries, maxEntries } = info;
    const message = `${entries.toString()} of ${maxEntries.toString()} entries`;
    const larger = replaceSet(set, info, maxEntries * 4);
    if (entries >= maxEntries) {
      return [finding('critical', 'room', set, `${message}: it is full, new bans fail`, larger)];
    }
    return entries >= maxEntries * NEARLY_FULL
      ? [finding('warning', 'room', set, `${message}: nearly full`, larger)]
      : [finding('ok', 'room', set, message)];
  });
}

/** The commands that put another set in the place of one that rules use. */
function replaceSet(
  set: string,
  { type, family }: SetInfo,
  maxEntries: number | undefined,
): string {
  const room = maxEntries === undefined ? '' : ` maxelem ${maxEntries.toString()}`;
  return (
    `ipset create ${set}-new ${type} family ${family === 'ipv6' ? 'inet6' : 'inet'} timeout 0${room}` +
    ` && ipset swap ${set} ${set}-new && ipset destroy ${set}-new`
  );
}

function name(family: SetFacts['family']): string {
  return family === 'ipv4' ? 'IPv4' : 'IPv6';
}
