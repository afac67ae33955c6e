import { worstLevel, type Finding, type Level } from '@vallum/doctor';

/** What is kept from one call of the doctor to the next. */
export interface KeptFindings {
  /** What needed a hand when somebody was last told: levels by `check subject`, none that is ok. */
  readonly told: Readonly<Record<string, Level>>;
  /** The same of the last look, told or not. */
  readonly seen: Readonly<Record<string, Level>>;
  /** When the level of each last changed, Unix seconds, oldest first: of a day, the latest few. */
  readonly changedAt: Readonly<Record<string, readonly number[]>>;
}

/** A finding that appeared, went away, or changed its level. */
export interface FindingChange {
  /** `check subject` */
  readonly about: string;
  /** undefined: it was in order, or was not there. */
  readonly was: Level | undefined;
  /** `gone`: it is not there any more, which does not say that it is in order. */
  readonly is: Level | 'gone';
  /** It has changed so often that it is not told of again until it keeps still. */
  readonly restless: boolean;
}

export interface ComparedFindings {
  readonly changes: readonly FindingChange[];
  /** The worst that needed a hand when somebody was last told; undefined: nobody ever was. */
  readonly was: Level | undefined;
  readonly is: Level;
  /** What to keep once the changes were told. */
  readonly told: KeptFindings;
  /** What to keep where they could not be. */
  readonly untold: KeptFindings;
}

/** What changes more often in a day is not told of any more. */
const MOST_CHANGES = 4;
const DAY_SECONDS = 24 * 3600;

/** @param before undefined: it is the first time, when all that needs a hand is new */
export function compareFindings(
  before: KeptFindings | undefined,
  findings: readonly Finding[],
  nowUnix: number,
): ComparedFindings {
  const levels = levelsOf(findings);
  const seen = { ...carriedOver(before, findings), ...problemsOf(levels) };
  const changedAt = noteChanges(before, seen, nowUnix);
  const told: Record<string, Level> = { ...before?.told };
  const changes: FindingChange[] = [];
  for (const about of new Set([...Object.keys(seen), ...Object.keys(told)])) {
    const [was, is] = [told[about], seen[about]];
    const times = changedAt[about]?.length ?? 0;
    if (was === is || times > MOST_CHANGES) continue;
    changes.push({
      ...{ about, was, is: is ?? levels.get(about) ?? 'gone' },
      // What has changed before and is told only now has kept still.
      restless: times === MOST_CHANGES && changedAt[about]?.at(-1) === nowUnix,
    });
    if (is === undefined) Reflect.deleteProperty(told, about);
    else told[about] = is;
  }
  return {
    changes,
    was: before && worstOf(before.told),
    is: worstOf(seen),
    told: { told, seen, changedAt },
    untold: { told: before?.told ?? {}, seen, changedAt },
  };
}

/** The worst of each, as one check may have several things to say about one subject. */
function levelsOf(findings: readonly Finding[]): ReadonlyMap<string, Level> {
  const grouped = new Map<string, Finding[]>();
  for (const found of findings) {
    const about = `${found.check} ${found.subject}`;
    grouped.set(about, [...(grouped.get(about) ?? []), found]);
  }
  return new Map([...grouped].map(([about, those]) => [about, worstLevel(those)]));
}

function problemsOf(levels: ReadonlyMap<string, Level>): Record<string, Level> {
  return Object.fromEntries([...levels].filter(([, level]) => level !== 'ok'));
}

/** Without a configuration nothing else was looked at, so that nothing else has changed. */
function carriedOver(
  before: KeptFindings | undefined,
  findings: readonly Finding[],
): Readonly<Record<string, Level>> {
  const blind = findings.some(
    ({ level, check }) => check === 'configuration' && level === 'critical',
  );
  return blind ? (before?.seen ?? {}) : {};
}

function noteChanges(
  before: KeptFindings | undefined,
  seen: Readonly<Record<string, Level>>,
  nowUnix: number,
): Record<string, readonly number[]> {
  const known = before?.seen ?? {};
  const changedAt: Record<string, readonly number[]> = {};
  for (const [about, times] of Object.entries(before?.changedAt ?? {})) {
    const recent = times.filter((at) => at > nowUnix - DAY_SECONDS && at <= nowUnix);
    if (recent.length > 0) changedAt[about] = recent;
  }
  for (const about of new Set([...Object.keys(known), ...Object.keys(seen)])) {
    if (before === undefined || known[about] === seen[about]) continue;
    changedAt[about] = [...(changedAt[about] ?? []), nowUnix].slice(-MOST_CHANGES - 1);
  }
  return changedAt;
}

function worstOf(levels: Readonly<Record<string, Level>>): Level {
  return worstLevel(Object.values(levels).map((level) => ({ level })));
}
