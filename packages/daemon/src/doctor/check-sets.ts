import { type SetInfo } from '@vallum/core';
import { SET_TYPES } from '@vallum/core/backend';
import { finding, type Finding } from '@vallum/doctor';
import type { Elsewhere } from './find-elsewhere.js';
import type { SetFacts } from './gather-sets.js';
import type { NodeStatus } from './read-status.js';
import type { SetRemedies } from './set-remedies.js';

const NEARLY_FULL = 0.9;

/** Whether the kernel and this process can do what vallumd needs at all. */
export function checkKernel(sets: readonly SetFacts[], remedies: SetRemedies): Finding[] {
  const unusable = sets.find(({ fault }) => fault && fault.code !== 'PERMISSION_DENIED');
  if (unusable?.fault) {
    return [finding('critical', 'kernel', 'sets', unusable.fault.message, remedies.install)];
  }
  if (sets.some(({ fault }) => fault)) {
    return [finding('unknown', 'kernel', 'sets', 'cannot be asked without permission')];
  }
  return sets.length === 0 ? [] : [finding('ok', 'kernel', 'sets', 'it answers about sets')];
}

/**
 * @param netAdmin whether this process has CAP_NET_ADMIN; undefined: not known
 * @param whose of this process: what the doctor lacks, a running vallumd may have
 */
export function checkPermission(
  netAdmin: boolean | undefined,
  sets: readonly SetFacts[],
  whose: 'vallumd' | 'doctor',
): Finding[] {
  const say = (level: Finding['level'], message: string, remedy?: string) => [
    finding(level, 'permission', 'CAP_NET_ADMIN', message, remedy),
  ];
  if (netAdmin === false && whose === 'doctor') {
    return say(
      'unknown',
      'the doctor lacks it, so sets and rules cannot be seen',
      'sudo vallumd doctor',
    );
  }
  if (netAdmin === false) {
    const message =
      'vallumd may not edit kernel sets: it lacks CAP_NET_ADMIN (in a unit: AmbientCapabilities=CAP_NET_ADMIN)';
    return say('critical', message);
  }
  if (sets.some(({ fault }) => fault?.code === 'PERMISSION_DENIED')) {
    const message =
      'the kernel refuses although CAP_NET_ADMIN is there: a container without its own network?';
    return say('critical', message);
  }
  return netAdmin === undefined ? [] : say('ok', 'this process has it');
}

/** Of a set that is missing: whether it is there for another backend. */
export interface OtherBackend {
  readonly find: (set: SetFacts['set']) => Elsewhere | undefined;
  /** The file in which the backend is chosen. */
  readonly configPath: string;
}

/** What each set is. @param creating vallumd makes missing ones itself (--create) */
export function checkSets(
  sets: readonly SetFacts[],
  creating: boolean,
  remedies: SetRemedies,
  other?: OtherBackend,
): Finding[] {
  return sets.map((facts) => checkSet(facts, creating, remedies, other));
}

function checkSet(
  facts: SetFacts,
  creating: boolean,
  remedies: SetRemedies,
  other: OtherBackend | undefined,
): Finding {
  const { set, family, companion, info, fault } = facts;
  if (fault) return finding('unknown', 'set', set, fault.message);
  const elsewhere = info ? undefined : other?.find(set);
  if (other && elsewhere) {
    const { place, backend, chosen } = elsewhere;
    const message = `is there in ${place}, and the backend is ${chosen}, which has no such set`;
    // One that vallumd created would be used by no rule.
    const level = companion ? 'warning' : 'critical';
    return finding(level, 'set', set, message, `in ${other.configPath}: backend: ${backend}`);
  }
  if (!info) {
    const consequence = companion ? 'no IPv6 address can be banned' : 'nothing can be banned';
    const level = companion || creating ? 'warning' : 'critical';
    const message = creating
      ? 'does not exist; vallumd creates it at its start'
      : `does not exist, so that ${consequence}`;
    return finding(level, 'set', set, message, remedies.create({ set, family }));
  }
  if (!(SET_TYPES as readonly string[]).includes(info.type)) {
    const what = `is a ${info.type}, which vallumd does not edit; it edits ${SET_TYPES.join(', ')}`;
    return replaced(facts, info, 'critical', what, remedies);
  }
  if (companion && info.family !== 'ipv6') {
    const what = `stands beside an IPv4 set for IPv6, but holds ${name(info.family)}`;
    return replaced(facts, info, 'warning', what, remedies);
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
    return finding('warning', 'set', set, message, remedies.enlarge(info));
  }
  return finding('ok', 'set', set, `${info.type}, ${name(info.family)}, ${time}${narrow}`);
}

function replaced(
  { set, companion, family }: SetFacts,
  info: SetInfo,
  level: Finding['level'],
  what: string,
  remedies: SetRemedies,
): Finding {
  // Of the name alone: what it holds now is what is wrong.
  const wanted = { set, family: companion ? ('ipv6' as const) : family };
  const remedy = remedies.replace(wanted, info);
  const first = remedy === undefined ? '; take the rules away that use it, and look again' : '';
  return finding(level, 'set', set, what + first, remedy);
}

/** Bans that came and that a set does not take, since its type is another. */
export function checkUnfit(
  sets: readonly SetFacts[],
  unfit: NodeStatus['unfit'],
  remedies: SetRemedies,
): Finding[] {
  return unfit.flatMap(({ set, code, count }) => {
    const facts = sets.find((one) => one.set === set);
    if (!facts?.info) return [];
    const what =
      code === 'prefix-unsupported'
        ? `is a ${facts.info.type}, which takes no prefixes, and ${count.toString()} came`
        : `is a ${facts.info.type}, and ${count.toString()} bans do not fit it`;
    return [replaced(facts, facts.info, 'warning', what, remedies)];
  });
}

/** How much more each set takes. */
export function checkRoom(sets: readonly SetFacts[], remedies: SetRemedies): Finding[] {
  return sets.flatMap(({ set, info }) => {
    // A bitmap has a bit for each address of its range.
    if (info?.maxEntries === undefined || info.type.startsWith('bitmap:')) return [];
    const { entries, maxEntries } = info;
    const message = `${entries.toString()} of ${maxEntries.toString()} entries`;
    const larger = remedies.enlarge(info, maxEntries * 4);
    if (entries >= maxEntries) {
      return [finding('critical', 'room', set, `${message}: it is full, new bans fail`, larger)];
    }
    return entries >= maxEntries * NEARLY_FULL
      ? [finding('warning', 'room', set, `${message}: nearly full`, larger)]
      : [finding('ok', 'room', set, message)];
  });
}

function name(family: SetFacts['family']): string {
  return family === 'ipv4' ? 'IPv4' : 'IPv6';
}
