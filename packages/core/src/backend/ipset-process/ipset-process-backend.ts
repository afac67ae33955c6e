import { VallumError } from '../../words/errors.js';
import { run as systemRun, type Run, type RunResult } from '../../system/run.js';
import type { SetName } from '../../words/names.js';
import { applyBySet } from '../apply-by-set.js';
import { applyRanges } from '../apply-ranges.js';
import type { Backend, Change, ChangeReport, SetInfo, SetSpec } from '../backend.js';
import { checkSetSpec } from '../check-set-spec.js';
import { timeoutProblem } from '../check-timeout.js';
import { failedChange } from '../explain-fault.js';
import { isClosed, Programs } from '../programs.js';
import { composeSession, splitIntoSessions, type NumberedChange } from './compose-session.js';
import { Lanes } from '../lanes.js';
import { MemberBatches } from '../member-batches.js';
import { dropComments } from './drop-comments.js';
import { explainSpawnFailure, runError, spawnError } from './ipset-failure.js';
import { judgeSession } from './judge-session.js';
import { MemberParser } from './parse-members.js';
import { parseSetHeader } from './parse-set-header.js';
import { refusePrefixes } from './refuse-prefixes.js';
import { testAddress } from './test-address.js';
import { translateIpsetMessage } from './translate-ipset-message.js';

/** What `createIpsetProcessBackend` takes. */
export interface IpsetProcessBackendOptions {
  /** Name or path of the program. Default `ipset`. */
  readonly program?: string;
  readonly run?: Run;
}

/**
 * Edits kernel sets by driving the `ipset` program: a process for each call and set, about 3 ms, and
 * 30 µs an entry. Entries reach it on standard input only. Needs root or CAP_NET_ADMIN.
 *
 * A program that hangs is killed after 30 s of doing nothing; calls for other sets do not wait for it.
 */
export function createIpsetProcessBackend(options: IpsetProcessBackendOptions = {}): Backend {
  const { program = 'ipset' } = options;
  const programs = new Programs(options.run ?? systemRun);
  const { run } = programs;
  const lanes = new Lanes();

  const runOn = async (
    operation: string,
    args: readonly string[],
    onOutput?: (text: string) => void,
  ): Promise<RunResult> => {
    try {
      return await run(program, args, onOutput === undefined ? {} : { onOutput });
    } catch (cause) {
      throw spawnError(program, operation, cause);
    }
  };

  const inspect = async (set: SetName): Promise<SetInfo | undefined> => {
    const operation = `ipset list ${set}`;
    const result = await runOn(operation, ['list', '-t', set]);
    if (result.code === 0) {
      const info = parseSetHeader(set, result.stdout);
      if (info !== undefined) return info;
    } else if (translateIpsetMessage(result.stderr) === 'set-missing') {
      return undefined;
    }
    throw runError(result, operation);
  };

  const existing = async (set: SetName): Promise<SetInfo> => {
    const info = await inspect(set);
    if (info !== undefined) return info;
    const message = `ipset test ${set}: the set does not exist`;
    throw new VallumError(message, { code: 'BACKEND_FAILED', operation: 'ipset test' });
  };

  const runSession = async (session: readonly NumberedChange[]): Promise<ChangeReport[]> => {
    let result: RunResult;
    try {
      result = await run(program, ['-'], { input: composeSession(session) });
    } catch (cause) {
      if (isClosed(cause)) throw cause;
      const detail = explainSpawnFailure(program, cause);
      return session.map(({ change }) => failedChange(change, 'unavailable', detail));
    }
    return judgeSession(session, result);
  };

  const applyPlain = async (given: readonly Change[]): Promise<ChangeReport[]> => {
    const changes = await dropComments(given, inspect);
    const numbered = changes.map((change, index) => ({ index, change }));
    const reports = refuseTimeouts(numbered);
    for (const [index, report] of await refusePrefixes(numbered, inspect)) {
      reports.set(index, report);
    }
    const allowed = numbered.filter(({ index }) => !reports.has(index));
    for (const session of splitIntoSessions(allowed)) {
      const judged = await runSession(session);
      session.forEach(({ index, change }, place) => {
        reports.set(index, judged[place] ?? failedChange(change, 'unknown'));
      });
    }
    return changes.map((change, index) => reports.get(index) ?? failedChange(change, 'unknown'));
  };

  const typeOf = async (set: SetName): Promise<string | undefined> => (await inspect(set))?.type;

  return {
    name: 'ipset',
    inspect,

    async members(set, visit) {
      const operation = `ipset save ${set}`;
      const batches = new MemberBatches();
      const parser = new MemberParser(batches);
      const result = await runOn(operation, ['save', set], (text) => {
        parser.push(text);
      });
      if (result.code !== 0) throw runError(result, operation);
      parser.push(result.stdout);
      await batches.visit(visit);
    },

    async test(set, address) {
      return testAddress(await existing(set), address, [], runOn);
    },

    async excepts(set, address) {
      const info = await existing(set);
      // Another type does not know the word.
      return info.type === 'hash:net' && testAddress(info, address, ['nomatch'], runOn);
    },

    apply: (changes) =>
      applyBySet(changes, (set, own) => lanes.run(set, () => applyRanges(own, typeOf, applyPlain))),

    async create(spec) {
      const operation = `ipset create ${spec.set}`;
      const args = createArguments(spec);
      const result = await lanes.run(spec.set, () => runOn(operation, args));
      if (result.code === 0) return 'created';
      if (translateIpsetMessage(result.stderr) === 'set-exists') return 'exists';
      throw runError(result, operation);
    },

    close: () => programs.close(),
  };
}

function refuseTimeouts(changes: readonly NumberedChange[]): Map<number, ChangeReport> {
  const refusals = new Map<number, ChangeReport>();
  for (const { index, change } of changes) {
    const problem = timeoutProblem(change);
    if (problem !== undefined) refusals.set(index, failedChange(change, 'unstorable', problem));
  }
  return refusals;
}

/** Without `-exist`: a set of the same name is never touched, whatever its options. */
function createArguments(spec: SetSpec): string[] {
  const range = checkSetSpec(spec);
  const { set, type, family, defaultTimeoutSeconds, maxEntries, comments } = spec;
  return [
    'create',
    set,
    type,
    ...(range === undefined
      ? ['family', family === 'ipv4' ? 'inet' : 'inet6']
      : ['range', `${range.first}-${range.last}`]),
    ...(defaultTimeoutSeconds === undefined ? [] : ['timeout', String(defaultTimeoutSeconds)]),
    ...(maxEntries === undefined ? [] : ['maxelem', String(maxEntries)]),
    ...(comments === true ? ['comment'] : []),
  ];
}
