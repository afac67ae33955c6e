import type { Answer, Model } from './model.js';

/** What one firewall's kernel sets hold, and what may be in them. */
export interface Sight {
  readonly node: string;
  /** Address → Unix seconds of its end, Infinity for ever. */
  readonly members: ReadonlyMap<string, number>;
  /** Whether this node's policy and sets allow a ban of the address. */
  readonly accepts: (address: string) => boolean;
  /** false: the set keeps no ends, so that only what is in it is compared. */
  readonly keepsEnds: boolean;
}

export interface Difference {
  readonly node: string;
  readonly address: string;
  readonly wanted: string;
  readonly found: string;
}

/** The kernel's timeouts are whole seconds, sets are read one after another, clocks are slewed. */
const SLACK_SECONDS = 4;
/**
 * Digests leave out what ends within the next minute, so it is not repaired: who missed it does without.
 * After a minute of quiet that is what ends in these seconds.
 */
const UNREPAIRED_SECONDS = 15;

/**
 * Where kernel sets differ from what the model says; nothing where all are right. Of several right
 * answers all nodes have to give one; where none is given by all, the nearest is what is reported.
 * What ends about `nowUnix` is left out.
 */
export function compare(model: Model, sights: readonly Sight[], nowUnix: number): Difference[] {
  const known = new Set(model.addresses());
  const strange = sights.flatMap(({ node, members }) =>
    [...members]
      .filter(([address]) => !known.has(address))
      .map(([address, end]) => ({ node, address, wanted: 'never banned', found: describe(end) })),
  );
  return [...known]
    .flatMap((address) => compareOne(model, address, sights, nowUnix))
    .concat(strange);
}

function compareOne(
  model: Model,
  address: string,
  sights: readonly Sight[],
  nowUnix: number,
): Difference[] {
  const anything: readonly Answer[] = [undefined, { earliest: 0, latest: Infinity }];
  const answers = model.answers(address, nowUnix - SLACK_SECONDS) ?? anything;
  if (answers.some((answer) => answer !== undefined && isEnding(answer.earliest, nowUnix)))
    return [];
  const byAnswer = answers.map((answer) =>
    sights.flatMap((sight) => {
      const wanted = sight.accepts(address) ? answer : undefined;
      const found = sight.members.get(address);
      if (fits(wanted, found, sight.keepsEnds)) return [];
      const { node } = sight;
      return [{ node, address, wanted: describeAnswer(wanted), found: describe(found) }];
    }),
  );
  return byAnswer.reduce((one, other) => (other.length < one.length ? other : one));
}

function isEnding(end: number, nowUnix: number): boolean {
  return end > nowUnix - SLACK_SECONDS && end < nowUnix + UNREPAIRED_SECONDS;
}

function fits(wanted: Answer, found: number | undefined, keepsEnds: boolean): boolean {
  if (wanted === undefined || found === undefined)
    return wanted === undefined && found === undefined;
  if (!keepsEnds) return true;
  return found >= wanted.earliest - SLACK_SECONDS && found <= wanted.latest + SLACK_SECONDS;
}

function describeAnswer(answer: Answer): string {
  if (answer === undefined) return 'not banned';
  const { earliest, latest } = answer;
  if (earliest === latest) return describe(earliest);
  return `banned until between ${String(earliest)} and ${String(latest)}`;
}

function describe(end: number | undefined): string {
  if (end === undefined) return 'not banned';
  return end === Infinity ? 'banned for ever' : `banned until ${end.toFixed(0)}`;
}
